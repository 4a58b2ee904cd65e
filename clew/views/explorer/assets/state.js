// What there is to draw, and what of it is seen: as known at a step, without what is folded or hidden. The data never changes.
const data = JSON.parse(byId("case").textContent);

const nodes = new Map(data.nodes.map((node) => [node.id, node]));
const about = new Map(data.nodes.map((node, place) => [node.id, data.about[place]]));
const groups = new Map(data.groups.map((group) => [group.node.id, group]));
const folds = new Map(data.folds.map((fold) => [fold.id, fold]));
const crowds = new Map([...groups, ...folds]);
const home = new Map();
for (const [id, crowd] of crowds) for (const member of crowd.members) home.set(member, id);
const hiddenByHand = new Set(data.hidden.members);
const put = new Set(data.put);

const opened = new Set();
const revealed = new Set();
const hiddenKinds = new Set();
let background = true;
let relations = false;
let bundles = new Map();
let found = null;
let chosen = null;
let now = data.steps;

const places = new Map();
for (const node of [...data.nodes, ...data.groups.map((group) => group.node)]) {
  if (node.x !== undefined) places.set(node.id, { x: node.x, y: node.y });
}

// -- what was known at the step that is looked at ------------------------------------------------------------------------

const isLast = () => now === data.steps;
const thatCame = (came) => (came || []).reduce((sum, [step, count]) => sum + (step <= now ? count : 0), 0);
// Of lists whose entries begin with their step, or have one.
const until = (entries) => (entries || []).filter((entry) => (Array.isArray(entry) ? entry[0] : entry.step) <= now);
const isThere = (id) => (groups.has(id) ? hasCome(groups.get(id)) : about.get(id).step <= now);
const hasCome = (group) => group.members.some(isThere) || thatCame(group.came) > 0;
const isSaid = (edge) => edge.steps[0] <= now;
const edgesIn = (edge) => (edge.came ? thatCame(edge.came) : 1);
const widthOf = (edge) => (edge.weight ? edge.steps.filter((step) => step <= now).length : edge.width);
const membersOf = (crowd) => crowd.members.filter(isThere);
const sizeOf = (crowd) => membersOf(crowd).length + thatCame(crowd.came);
const verdictOf = (id) => (about.has(id) ? until(about.get(id).verdicts).at(-1) || [0, ""] : [0, ""])[1];

function knownOf(kind) {
  const here = data.about.filter((known) => known.kind === kind && known.step <= now).length;
  return here + thatCame(data.absent[kind]);
}

const stored = () => data.about.filter((known) => known.step <= now).length
  + Object.values(data.absent).reduce((sum, came) => sum + thatCame(came), 0);

// -- what is drawn -------------------------------------------------------------------------------------------------------

const isHidden = (id) => hiddenByHand.has(id) && !revealed.has(id);
const kindOf = (id) => (groups.has(id) ? groups.get(id).kind : about.get(id).kind);
const nameOf = (id) => (groups.has(id) ? boxLabel(id).replace("\n", ", ") : about.get(id).name);
const isFolded = (id) => home.has(id) && !opened.has(home.get(id)) && isThere(home.get(id));
// What stands for a node in the picture: itself, its group, or that into which it is folded.
const shownAs = (id) => (isFolded(id) ? home.get(id) : id);

const boxLabel = (id) => groups.get(id).node.label.replace(/^x[\d,]+/, `x${number(sizeOf(groups.get(id)))}`);

function groupNode(id) {
  const group = groups.get(id);
  if (!opened.has(id)) return { ...group.node, label: boxLabel(id) };
  const rest = thatCame(group.came);
  const label = rest ? `x${number(rest)} more, not in this page` : `fold ${number(sizeOf(group))} again`;
  return { ...group.node, label, borderWidth: 1 };
}

function wantedNodes() {
  const single = data.nodes.filter((node) => shownAs(node.id) === node.id && !isHidden(node.id));
  const wanted = [...single, ...[...groups.keys()].map(groupNode)];
  return wanted.filter((node) => isThere(node.id) && !hiddenKinds.has(kindOf(node.id)));
}

// Edges between the same two shown things by the same relation are one line.
function wantedBundles(shown) {
  const made = new Map();
  for (const edge of data.edges) {
    const from = shownAs(edge.from);
    const to = shownAs(edge.to);
    if ((from === to && edge.from !== edge.to) || !shown.has(from) || !shown.has(to)) continue;
    if (!isSaid(edge) || (edge.weight === 0 && !background)) continue;
    const id = `${from} ${edge.relation} ${to}`;
    const known = made.get(id) || { id, from, to, relation: edge.relation, weight: 0, width: 0, dashes: true, n: 0, edges: [] };
    known.weight = Math.max(known.weight, edge.weight);
    known.width = Math.max(known.width, widthOf(edge));
    known.dashes = known.dashes && edge.dashes;
    known.n += edgesIn(edge);
    known.edges.push(edge.id);
    made.set(id, known);
  }
  return made;
}

// -- how much of the case that is, in words -----------------------------------------------------------------------------

const isClosed = ([id]) => !opened.has(id) && isThere(id) && !isHidden(id) && !hiddenKinds.has(kindOf(id));
const sum = (counts) => counts.reduce((total, count) => total + count, 0);

function shownInWords(wanted) {
  const all = stored();
  const single = wanted.filter((node) => node.id >= 0).length;
  const closed = [...groups].filter(isClosed);
  const grouped = sum(closed.map(([, group]) => sizeOf(group)));
  const folded = sum([...folds].filter(isClosed).map(([, fold]) => sizeOf(fold)));
  const left = sum([...opened].map((id) => thatCame(crowds.get(id).came)));
  const byHand = [...hiddenByHand].filter((id) => isHidden(id) && isThere(id)).length + thatCame(data.hidden.came);
  const byKind = all - single - grouped - folded - left - byHand;
  const why = [];
  if (grouped) why.push(`${number(grouped)} in ${plural(closed.length, "group")} (${data.reason})`);
  if (folded) why.push(`${number(folded)} folded by hand`);
  if (byHand) why.push(`${number(byHand)} hidden by hand`);
  if (left) why.push(`${number(left)} not in this page`);
  if (byKind > 0 && hiddenKinds.size) why.push(`${number(byKind)} hidden by kind (${[...hiddenKinds].join(", ")})`);
  if (!background) why.push("background edges hidden");
  if (data.left) why.push(`${plural(data.left, "edge")} left out: too many for one page`);
  const when = isLast() ? "" : ` that were known at step ${number(now)}`;
  return `${number(single)} of ${plural(all, "node")}${when} shown${why.length ? `: ${why.join("; ")}` : ""}`;
}
