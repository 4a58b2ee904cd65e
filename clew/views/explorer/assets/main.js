// What a person does: click, hover, search, filter, keys.
const tip = byId("tip");
const search = byId("search");
let at = 0;
// Fills the panel anew when another step is looked at.
let fill = null;

function tell(build) {
  fill = build;
  build();
}

function choose(id, go) {
  if (home.has(id) && !opened.has(home.get(id))) toggle(home.get(id));
  chosen = id;
  redraw();
  if (sets.nodes.get(id)) {
    network.selectNodes([id]);
    if (go) network.focus(id, { scale: Math.max(network.getScale(), 0.8), animation: motion() });
  }
  tell(() => (groups.has(id) ? showGroup(id) : showNode(id)));
}

function chooseEdge(bundle) {
  chosen = null;
  redraw();
  network.selectEdges([bundle.id]);
  tell(() => showBundle(bundle));
}

function clear() {
  chosen = null;
  network.unselectAll();
  redraw();
}

network.on("click", ({ nodes: hit, edges }) => {
  hideTip();
  if (hit.length && groups.has(hit[0])) {
    toggle(hit[0]);
    choose(hit[0], false);
  } else if (hit.length) choose(hit[0], false);
  else if (edges.length) chooseEdge(bundles.get(edges[0]));
  else clear();
});
network.on("dragEnd", ({ nodes: moved }) => {
  for (const id of moved) places.set(id, network.getPosition(id));
});
network.on("beforeDrawing", drawFound);
network.on("afterDrawing", drawSigns);
network.once("afterDrawing", () => {
  // Only now is it known how wide the labels are.
  network.fit({ animation: false });
  document.documentElement.dataset.painted = Math.round(performance.now());
});

function showTip(pointer, content) {
  tip.replaceChildren(...el("div", null, content).childNodes);
  tip.hidden = false;
  const canvas = byId("canvas");
  tip.style.left = `${Math.max(0, Math.min(pointer.x + 14, canvas.clientWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${Math.max(0, Math.min(pointer.y + 14, canvas.clientHeight - tip.offsetHeight - 8))}px`;
}

function hideTip() {
  tip.hidden = true;
}

network.on("hoverNode", ({ node, pointer }) => showTip(pointer.DOM, nodeSummary(node)));
network.on("hoverEdge", ({ edge, pointer }) => bundles.has(edge) && showTip(pointer.DOM, edgeSummary(bundles.get(edge))));
for (const gone of ["blurNode", "blurEdge", "dragStart", "zoom"]) network.on(gone, hideTip);

// -- search ------------------------------------------------------------------------------------------------------------

const index = data.nodes.map((node, place) => {
  const known = data.about[place];
  const said = (known.said || []).map((each) => `${each.by} ${each.verdict || ""} ${each.reason || ""}`);
  const parts = [known.kind, known.name, known.key, known.verdict, known.tags, known.notes, known.fields, said];
  return [node.id, parts.flat(3).filter(Boolean).join("\n").toLowerCase()];
});

function find() {
  const wanted = search.value.trim().toLowerCase();
  found = wanted ? new Set(index.filter(([id, text]) => isThere(id) && text.includes(wanted)).map(([id]) => id)) : null;
  at = 0;
  redraw();
  const folded = found === null ? 0 : [...found].filter(isFolded).length;
  byId("found").textContent = found === null ? "" : `${number(found.size)} found${folded ? `, ${number(folded)} folded` : ""}`;
}

search.addEventListener("input", find);
search.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && found !== null && found.size) {
    const ids = [...found];
    choose(ids[at % ids.length], true);
    at += 1;
  }
});

// -- buttons and keys --------------------------------------------------------------------------------------------------

const fit = () => network.fit({ animation: motion() });

function press(button, on) {
  button.setAttribute("aria-pressed", String(on));
  redraw();
}

byId("fit").addEventListener("click", fit);
byId("ask").addEventListener("click", () => byId("help").showModal());
byId("close").addEventListener("click", () => byId("help").close());
byId("relations").addEventListener("click", ({ currentTarget }) => {
  relations = !relations;
  press(currentTarget, relations);
});
byId("background").addEventListener("click", ({ currentTarget }) => {
  background = !background;
  press(currentTarget, background);
});
byId("byhand").addEventListener("click", () => {
  if (revealed.size) conceal();
  else reveal([...hiddenByHand]);
  tell(showHidden);
});
for (const chip of document.querySelectorAll("[data-kind]")) {
  chip.addEventListener("click", () => {
    const { kind } = chip.dataset;
    if (!hiddenKinds.delete(kind)) hiddenKinds.add(kind);
    press(chip, !hiddenKinds.has(kind));
  });
}
for (const entry of document.querySelectorAll("[data-node]")) {
  entry.addEventListener("click", () => {
    choose(Number(entry.dataset.node), true);
    panel.focus();
  });
}
for (const entry of document.querySelectorAll("[data-edge]")) {
  entry.addEventListener("click", () => {
    const edge = data.edges[Number(entry.dataset.edge)];
    tell(() => showBundle({ ...edge, n: edgesIn(edge), edges: [edge.id] }));
    panel.focus();
  });
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !byId("help").open) {
    search.value = "";
    find();
    clear();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.target === search || byId("help").open) return;
  if (event.key === "f" || event.key === "F") fit();
  else if (event.key === "?") byId("help").showModal();
  else if (event.key === "/") search.focus();
  else if (event.key === "[") goToStep(now - 1);
  else if (event.key === "]") goToStep(now + 1);
  else return;
  event.preventDefault();
});
