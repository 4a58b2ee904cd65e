// What is drawn. The data never changes; what is folded, hidden or found does, and `redraw` follows it.
const data = JSON.parse(byId("case").textContent);
const CELL = { width: 168, height: 80 };
const MANY_EDGES = 700;

const nodes = new Map(data.nodes.map((node) => [node.id, node]));
const about = new Map(data.nodes.map((node, place) => [node.id, data.about[place]]));
const groups = new Map(data.groups.map((group) => [group.node.id, group]));
const home = new Map();
for (const [id, group] of groups) for (const member of group.members) home.set(member, id);

const opened = new Set();
const hiddenKinds = new Set();
const sets = { nodes: new vis.DataSet(), edges: new vis.DataSet() };
let background = true;
let relations = false;
let bundles = new Map();
let found = null;
let chosen = null;

const places = new Map();
for (const node of [...data.nodes, ...data.groups.map((group) => group.node)]) {
  if (node.x !== undefined) places.set(node.id, { x: node.x, y: node.y });
}

const network = new vis.Network(byId("graph"), sets, data.options);

const kindOf = (id) => (groups.has(id) ? groups.get(id).kind : about.get(id).kind);
const nameOf = (id) => (groups.has(id) ? groups.get(id).node.label.replace("\n", ", ") : about.get(id).name);
// What stands for a node in the picture: itself, or its group.
const shownAs = (id) => (home.has(id) && !opened.has(home.get(id)) ? home.get(id) : id);

function groupNode(id) {
  const group = groups.get(id);
  const rest = group.total - group.members.length;
  if (!opened.has(id)) return group.node;
  const label = rest ? `x${number(rest)} more, not in this page` : `fold ${number(group.total)} again`;
  return { ...group.node, label, borderWidth: 1 };
}

function wantedNodes() {
  const single = data.nodes.filter((node) => shownAs(node.id) === node.id);
  const folded = [...groups.keys()].map(groupNode);
  return [...single, ...folded].filter((node) => !hiddenKinds.has(kindOf(node.id)));
}

// Edges between the same two shown things by the same relation are one line.
function wantedBundles(shown) {
  const made = new Map();
  for (const edge of data.edges) {
    const from = shownAs(edge.from);
    const to = shownAs(edge.to);
    if ((from === to && edge.from !== edge.to) || !shown.has(from) || !shown.has(to)) continue;
    if (edge.weight === 0 && !background) continue;
    const id = `${from} ${edge.relation} ${to}`;
    const known = made.get(id) || { id, from, to, relation: edge.relation, weight: 0, width: 0, dashes: true, n: 0, edges: [] };
    known.weight = Math.max(known.weight, edge.weight);
    known.width = Math.max(known.width, edge.width);
    known.dashes = known.dashes && edge.dashes;
    known.n += edge.n || 1;
    known.edges.push(edge.id);
    made.set(id, known);
  }
  return made;
}

function bend(bundle, rank, many) {
  const from = places.get(bundle.from);
  const to = places.get(bundle.to);
  const across = Math.abs(from.x - to.x) > CELL.width / 2;
  if (many) return { enabled: false };
  if (rank === 0 && across) return { enabled: true, type: "cubicBezier", forceDirection: "horizontal", roundness: 0.5 };
  return { enabled: true, type: "curvedCW", roundness: 0.18 + 0.1 * rank };
}

function lineOf(bundle, rank, many, near) {
  const told = bundle.n > 1 ? `${words(bundle.relation)} x${number(bundle.n)}` : words(bundle.relation);
  const colour = data.look.lines[bundle.weight];
  return {
    id: bundle.id,
    from: bundle.from,
    to: bundle.to,
    width: bundle.width,
    dashes: bundle.dashes ? [6, 4] : false,
    color: { color: colour, highlight: "#1f2933", hover: "#1f2933", opacity: isLit(bundle.from) || isLit(bundle.to) ? 1 : 0.25 },
    smooth: bend(bundle, rank, many),
    label: near || (relations && bundle.weight > 0) ? told : undefined,
  };
}

function sync(set, wanted, keep) {
  const ids = new Set(wanted.map((item) => item.id));
  set.remove(set.getIds().filter((id) => !ids.has(id)));
  // What is in the picture already stays where it is.
  set.update(wanted.map((item) => (set.get(item.id) ? keep(item) : item)));
}

function redraw() {
  const wanted = wantedNodes();
  const shown = new Set(wanted.map((node) => node.id));
  sync(sets.nodes, wanted.map(dressed), ({ x, y, ...rest }) => rest);
  bundles = wantedBundles(shown);
  const ranks = new Map();
  const many = bundles.size > MANY_EDGES;
  const lines = [...bundles.values()].sort((one, other) => one.weight - other.weight).map((bundle) => {
    const pair = [Math.min(bundle.from, bundle.to), Math.max(bundle.from, bundle.to)].join(" ");
    const rank = ranks.get(pair) || 0;
    ranks.set(pair, rank + 1);
    return lineOf(bundle, rank, many, chosen !== null && (bundle.from === chosen || bundle.to === chosen));
  });
  sync(sets.edges, lines, (line) => ({ label: "", ...line, label: line.label || "" }));
  tellShown(wanted);
}

const isLit = (id) => found === null || found.has(id) || (groups.has(id) && groups.get(id).members.some((one) => found.has(one)));
const dressed = (node) => ({ ...node, ...places.get(node.id), opacity: isLit(node.id) ? 1 : 0.2 });

function tellShown(wanted) {
  const single = wanted.filter((node) => node.id >= 0).length;
  const stored = data.stored.nodes;
  const why = [];
  const closed = [...groups].filter(([id, group]) => !opened.has(id) && !hiddenKinds.has(group.kind));
  const folded = closed.reduce((sum, [, group]) => sum + group.total, 0);
  const left = [...opened].reduce((sum, id) => sum + groups.get(id).total - groups.get(id).members.length, 0);
  if (folded) why.push(`${number(folded)} in ${plural(closed.length, "group")} (${data.why})`);
  if (left) why.push(`${number(left)} not in this page`);
  const hidden = stored - single - folded - left;
  if (hidden > 0 && hiddenKinds.size) why.push(`${number(hidden)} hidden by kind (${[...hiddenKinds].join(", ")})`);
  if (!background) why.push("background edges hidden");
  if (data.left) why.push(`${plural(data.left, "edge")} left out: too many for one page`);
  byId("shown").textContent = `${number(single)} of ${plural(stored, "node")} shown${why.length ? `: ${why.join("; ")}` : ""}`;
  tellEmpty(single + closed.length);
}

function tellEmpty(count) {
  const box = byId("words");
  box.replaceChildren();
  box.hidden = count > 0;
  if (count > 0) return;
  if (data.stored.nodes === 0) {
    box.append("There is nothing in this case yet.");
    return;
  }
  box.append("Everything is hidden by the filters. ", el("button", { type: "button", click: showAll }, "Show all"));
}

function showAll() {
  hiddenKinds.clear();
  for (const chip of document.querySelectorAll("[data-kind]")) chip.setAttribute("aria-pressed", "true");
  redraw();
}

// -- groups open in place: their members go to the nearest free ground, and nothing else moves ------------------------

function toggle(id) {
  const group = groups.get(id);
  if (opened.has(id)) opened.delete(id);
  else {
    settle(id, group.members);
    opened.add(id);
  }
  redraw();
  if (opened.has(id)) network.fit({ nodes: [id, ...group.members].filter((one) => sets.nodes.get(one)), maxZoomLevel: 1, animation: motion() });
}

function settle(id, members) {
  if (members.every((member) => places.has(member))) return;
  const across = Math.max(1, Math.round(Math.sqrt((members.length * CELL.height * 1.5) / CELL.width)));
  const down = Math.ceil(members.length / across);
  const taken = sets.nodes.getIds().map((one) => places.get(one));
  const corner = freeGround(places.get(id), across * CELL.width, down * CELL.height, taken);
  members.forEach((member, place) => {
    const x = corner.x + ((place % across) + 0.5) * CELL.width;
    const y = corner.y + (Math.floor(place / across) + 0.5) * CELL.height;
    places.set(member, { x, y });
  });
}

function freeGround(around, width, height, taken) {
  const free = (x, y) => !taken.some((other) => other.x > x - CELL.width / 2 && other.x < x + width + CELL.width / 2
    && other.y > y - CELL.height / 2 && other.y < y + height + CELL.height / 2);
  for (let ring = 1; ring < 400; ring += 1) {
    for (let turn = 0; turn < 16; turn += 1) {
      const angle = (turn * Math.PI) / 8;
      const x = around.x + Math.cos(angle) * (ring * 40 + width / 2) - width / 2;
      const y = around.y + Math.sin(angle) * (ring * 40 + height / 2) - height / 2;
      if (free(x, y)) return { x, y };
    }
  }
  return { x: around.x, y: around.y };
}

// -- signs that do not depend on colour --------------------------------------------------------------------------------

function drawSigns(context) {
  context.font = "bold 13px Helvetica, Arial, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const node of sets.nodes.get()) {
    const known = about.get(node.id);
    const [sign, colour] = known && known.verdict ? data.look.marks[known.verdict.split(" ")[0]] : ["", ""];
    const place = sign || node.id === 0 ? network.getPosition(node.id) : null;
    if (node.id === 0) ring(context, place, 24, "#1f2933", [2, 4]);
    if (!sign) continue;
    const spot = { x: place.x + 15, y: place.y - 15 };
    ring(context, spot, 9, colour, [], "#ffffff");
    context.fillStyle = "#1f2933";
    context.fillText(sign, spot.x, spot.y + 1);
  }
}

function drawFound(context) {
  if (found === null) return;
  for (const id of new Set([...found].map(shownAs))) {
    if (sets.nodes.get(id)) ring(context, network.getPosition(id), 30, "#F0E442", [], "#F0E44288");
  }
}

function ring(context, place, radius, colour, dashes, fill) {
  context.save();
  context.beginPath();
  context.arc(place.x, place.y, radius, 0, 2 * Math.PI);
  context.setLineDash(dashes);
  context.strokeStyle = colour;
  context.lineWidth = 2;
  if (fill) {
    context.fillStyle = fill;
    context.fill();
  }
  context.stroke();
  context.restore();
}
