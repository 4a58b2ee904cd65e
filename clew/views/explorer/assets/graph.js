// The picture. What is folded, hidden, found or not known yet changes; `redraw` follows it, and nothing moves by itself.
// A cell of the ground, in which one thing has room: of the size by which the page was laid out.
const { cell } = data.look;
const MANY_EDGES = 700;

const sets = { nodes: new vis.DataSet(), edges: new vis.DataSet() };
// What takes room on the page comes first: the drawing library measures what is left.
byId("history").hidden = data.steps < 2;
byId("byhand").hidden = data.hidden.total === 0;
byId("byhand").textContent = `Hidden by hand (${number(data.hidden.total)})`;
const network = new vis.Network(byId("graph"), sets, data.options);

function bend(bundle, rank, many) {
  const from = places.get(bundle.from);
  const to = places.get(bundle.to);
  const across = Math.abs(from.x - to.x) > cell.width / 2;
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

const isLit = (id) => found === null || found.has(id) || (crowds.has(id) && !opened.has(id) && crowds.get(id).members.some((one) => found.has(one)));
const dressed = (node) => ({ ...node, ...bordered(node), ...counted(node), ...places.get(node.id), opacity: isLit(node.id) ? 1 : 0.2 });

// The border of the verdict as it was known then.
function bordered(node) {
  if (!about.has(node.id) || !about.get(node.id).verdicts) return {};
  const [, border, width] = data.look.marks[verdictOf(node.id).split(" ")[0] || "unknown"];
  const plain = { background: node.color.background, border };
  return { color: { ...plain, highlight: plain, hover: plain }, borderWidth: width, borderWidthSelected: width + 2 };
}

// How many nodes are folded into one, and how many of those are bad.
function counted(node) {
  if (!folds.has(node.id) || opened.has(node.id)) return {};
  const fold = folds.get(node.id);
  const bad = membersOf(fold).filter((id) => /^(malicious|suspicious)/.test(verdictOf(id))).length;
  const size = sizeOf(fold);
  // A cell has room for two lines.
  const join = node.label.includes("\n") ? ", " : "\n";
  return size ? { label: `${node.label}${join}+${number(size)} folded${bad ? `, ${number(bad)} bad` : ""}` } : {};
}

function tellShown(wanted) {
  byId("shown").textContent = shownInWords(wanted);
  for (const chip of document.querySelectorAll("[data-kind]")) {
    chip.querySelector(".number").textContent = number(knownOf(chip.dataset.kind));
  }
  // Of nodes that are not in the page only the last verdict is known.
  for (const count of document.querySelectorAll("#verdicts .number")) count.hidden = !isLast();
  byId("byhand").setAttribute("aria-pressed", String(revealed.size > 0));
  tellEmpty(wanted.length);
}

function tellEmpty(count) {
  const box = byId("words");
  box.replaceChildren();
  box.hidden = count > 0;
  if (count > 0) return;
  if (stored() === 0) {
    box.append(isLast() ? "There is nothing in this case yet." : "There was nothing in this case yet.");
    return;
  }
  box.append("Everything is hidden by the filters, or by hand. ", el("button", { type: "button", click: showAll }, "Show all"));
}

function showAll() {
  hiddenKinds.clear();
  for (const chip of document.querySelectorAll("[data-kind]")) chip.setAttribute("aria-pressed", "true");
  reveal([...hiddenByHand]);
}

// -- what was folded or hidden appears on the nearest free ground, and nothing else moves -----------------------------

function toggle(id) {
  const crowd = crowds.get(id);
  if (opened.has(id)) opened.delete(id);
  else {
    settle(places.get(id), crowd.members);
    opened.add(id);
  }
  redraw();
  if (opened.has(id)) bringIntoView([id, ...crowd.members]);
}

// Each beside a neighbour that is in the picture.
function reveal(ids) {
  for (const id of ids) {
    revealed.add(id);
    const edge = data.edges.find((one) => (one.from === id && places.has(one.to)) || (one.to === id && places.has(one.from)));
    settle(edge ? places.get(edge.from === id ? edge.to : edge.from) : { x: 0, y: 0 }, [id]);
  }
  redraw();
  bringIntoView(ids);
}

function conceal() {
  revealed.clear();
  redraw();
}

function bringIntoView(ids) {
  const there = ids.filter((one) => sets.nodes.get(one));
  if (there.length) network.fit({ nodes: there, maxZoomLevel: 1, animation: motion() });
}

function settle(around, wanted) {
  const members = wanted.filter((member) => !places.has(member));
  if (!members.length) return;
  const across = Math.max(1, Math.round(Math.sqrt((members.length * cell.height * 1.5) / cell.width)));
  const down = Math.ceil(members.length / across);
  const corner = freeGround(around, across * cell.width, down * cell.height, [...places.values()]);
  members.forEach((member, place) => {
    const x = corner.x + ((place % across) + 0.5) * cell.width;
    const y = corner.y + (Math.floor(place / across) + 0.5) * cell.height;
    places.set(member, { x, y });
  });
}

function freeGround(around, width, height, taken) {
  const free = (x, y) => !taken.some((other) => other.x > x - cell.width / 2 && other.x < x + width + cell.width / 2
    && other.y > y - cell.height / 2 && other.y < y + height + cell.height / 2);
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
    const verdict = verdictOf(node.id);
    const [sign, colour] = verdict ? data.look.marks[verdict.split(" ")[0]] : ["", ""];
    const marked = sign || node.id === 0 || put.has(node.id) || hiddenByHand.has(node.id);
    const place = marked ? network.getPosition(node.id) : null;
    if (put.has(node.id)) ring(context, { x: place.x - 15, y: place.y - 15 }, 3.5, "#1f2933", [], "#1f2933");
    if (hiddenByHand.has(node.id)) ring(context, place, 20, "#6b7280", [4, 4]);
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
