// What is known of what was clicked, who says so, and the raw text behind it.
const EDGES_AT_ONCE = 60;
const panel = byId("panel");

const table = (pairs) => el("table", null, el("tbody", null, pairs.map(([name, value]) =>
  el("tr", null, el("th", { scope: "row" }, name), el("td", null, value)))));

const seen = (claim) => [claim.first, claim.last].filter(Boolean).join(" to ");

function saidLine(said) {
  const told = [said.by, said.outcome, said.verdict, said.rows, said.reason].filter(Boolean).join(": ");
  return `${told} (${said.pivot}, asked ${said.asked}, step ${said.step})`;
}

// Some claims and answers are not in the page, and nobody knows here in which step they came.
const upTo = () => (isLast() ? "" : "up to ");
const claimsOn = (id) => until(data.said[id].claims);

// Who names a node in some edge, and from when to when.
function witnesses(id) {
  const claims = data.edges.filter((edge) => edge.from === id || edge.to === id).flatMap((edge) => claimsOn(edge.id));
  const sources = [...new Set(claims.map((claim) => claim.by))];
  const times = claims.flatMap((claim) => [claim.first, claim.last]).filter(Boolean).sort();
  if (!sources.length) return "no edge names it";
  const when = times.length ? `, seen ${[...new Set([times[0], times[times.length - 1]])].join(" to ")}` : "";
  return `in ${plural(claims.length, "claim")} by ${sources.join(", ")}${when}`;
}

function nodeSummary(id) {
  if (groups.has(id)) {
    const group = groups.get(id);
    return [el("p", { class: "verdict" }, nameOf(id)), el("p", null, group.names), el("p", { class: "quiet" }, "Click to open in place.")];
  }
  const known = about.get(id);
  const lines = until(known.said).filter((said) => said.verdict).slice(0, 3).map(saidLine);
  const fields = (known.fields || []).slice(0, 8);
  return [
    el("p", { class: "verdict" }, `${known.kind} ${known.name}`),
    verdictOf(id) ? el("p", { class: "verdict" }, verdictOf(id)) : null,
    fields.map(([name, value]) => el("p", null, `${name}: ${cut(value, 160)}`)),
    lines.map((line) => el("p", null, cut(line, 200))),
    el("p", { class: "quiet" }, witnesses(id)),
    until(known.tags).length ? el("p", null, `tags: ${textsOf(known.tags).join(", ")}`) : null,
  ];
}

function edgeSummary(bundle) {
  const claims = bundle.edges.flatMap(claimsOn);
  const more = sum(bundle.edges.map((id) => data.said[id].more)) + Math.max(0, claims.length - 4);
  return [
    el("p", { class: "verdict" }, `${nameOf(bundle.from)} ${words(bundle.relation)} ${nameOf(bundle.to)}`),
    bundle.n > 1 ? el("p", null, plural(bundle.n, "edge")) : null,
    claims.slice(0, 4).map((claim) => el("p", null, `${claimLine(claim)}, asked ${claim.asked}`)),
    more ? el("p", { class: "quiet" }, `and ${upTo()}${plural(more, "more claim")}`) : null,
  ];
}

function claimLine(claim) {
  const when = seen(claim) ? `, seen ${seen(claim)}` : "";
  const how = claim.inferred ? ", concluded by clew" : "";
  return `${claim.by}, ${claim.pivot}: ${plural(claim.count, "place")} of the evidence${when}${how}`;
}

function claimBox(claim) {
  const [first, ...rest] = (claim.raw || []).map((place) => el("pre", null, data.raw[place]));
  const raw = [first, rest.length ? el("details", null, el("summary", null, `${number(rest.length)} more of these rows`), rest) : null];
  const pairs = [
    ["source", claim.by], ["pivot", claim.pivot], ["asked", claim.asked], ["step", String(claim.step)],
    ["seen", seen(claim)], ["evidence", (claim.at || []).join(", ")], ["count", String(claim.count)],
  ].filter(([, value]) => value);
  return el("div", { class: claim.inferred ? "claim inferred" : "claim" },
    claim.inferred ? el("p", null, "Concluded by clew; the source did not say it.") : null,
    table(pairs), claim.note ? el("p", { class: "quiet" }, `Raw text: ${claim.note}`) : null, raw);
}

function claimsOf(id) {
  const { more } = data.said[id];
  const stands = edgesIn(data.edges[id]);
  return [
    stands > 1 ? el("p", { class: "quiet" }, `Stands for ${plural(stands, "edge")} of nodes that are not in this page.`) : null,
    claimsOn(id).map(claimBox),
    more ? el("p", { class: "quiet" }, `and ${upTo()}${plural(more, "more claim")}, not in this page`) : null,
  ];
}

// Details are built when they are opened: a host may have a thousand edges.
function later(summary, build, open) {
  const box = el("details", null, el("summary", null, summary));
  let built = false;
  const fill = () => {
    if (!built && box.open) {
      built = true;
      box.append(...el("div", null, build()).childNodes);
    }
  };
  box.addEventListener("toggle", fill);
  if (open) {
    box.open = true;
    fill();
  }
  return box;
}

function edgeRow(id, from, open) {
  const edge = data.edges[id];
  const outward = edge.from === from;
  const other = outward ? edge.to : edge.from;
  const said = claimsOn(id);
  const sources = [...new Set(said.map((claim) => claim.by))].join(", ");
  const claims = (data.said[id].more ? upTo() : "") + plural(said.length + data.said[id].more, "claim");
  const text = outward ? `${words(edge.relation)} → ${nameOf(other)}` : `${nameOf(other)} → ${words(edge.relation)}`;
  return later(`${text} (${claims}${sources ? ` by ${sources}` : ""})`, () => [
    el("p", null, "Go to ", goTo(other)),
    claimsOf(id),
  ], open);
}

function edgesOf(id) {
  const mine = data.edges.filter((edge) => (edge.from === id || edge.to === id) && isSaid(edge));
  return mine.sort((one, other) => other.weight - one.weight).map((edge) => edge.id);
}

function edgeSection(id) {
  const mine = edgesOf(id);
  const rows = el("div", null, mine.slice(0, EDGES_AT_ONCE).map((edge, place) => edgeRow(edge, id, place === 0)));
  const rest = mine.slice(EDGES_AT_ONCE);
  if (rest.length) {
    const more = el("button", { type: "button", click: () => more.replaceWith(...rest.map((edge) => edgeRow(edge, id, false))) },
      `Show ${number(rest.length)} more`);
    rows.append(more);
  }
  return [el("h3", null, `Edges (${number(mine.length)})`), rows];
}

const list = (title, items) => (items && items.length ? [el("h3", null, title), el("ul", null, items.map((item) => el("li", null, item)))] : []);

// Verdicts first; then what else was found; then what was not.
function answers(known) {
  const rank = (said) => (said.verdict ? 0 : said.outcome === "found" ? 1 : 2);
  return until(known.said).sort((one, other) => rank(one) - rank(other)).map((said) =>
    el("div", { class: "answer" }, el("b", null, said.by), ` ${[said.outcome, said.verdict, said.rows].filter(Boolean).join(", ")}`,
      said.reason ? el("div", null, said.reason) : null,
      el("div", { class: "quiet" }, [said.pivot, `asked ${said.asked}`, `step ${said.step}`, said.reference].filter(Boolean).join(", "))));
}

const textsOf = (lines) => until(lines).map(([, text]) => text);
const button = (text, click) => el("p", null, el("button", { type: "button", click }, text));

// What people arranged, with what takes it back in this page.
function byHand(id) {
  const told = [];
  if (isHidden(id)) told.push(button("Hidden by hand: show it", () => { reveal([id]); choose(id, true); }));
  else if (hiddenByHand.has(id)) told.push(el("p", { class: "quiet" }, "Hidden by hand; shown for now."));
  if (put.has(id)) told.push(el("p", { class: "quiet" }, "Stands where it was put by hand."));
  if (folds.has(id) && sizeOf(folds.get(id))) {
    const size = number(sizeOf(folds.get(id)));
    const turn = () => { toggle(id); showNode(id); };
    told.push(button(opened.has(id) ? `Fold ${size} again` : `Unfold ${size} that hang on this alone`, turn), memberList("Hangs on this alone", folds.get(id)));
  }
  return told;
}

function memberList(title, crowd) {
  const rest = thatCame(crowd.came);
  return [
    el("h3", null, `${title} (${number(sizeOf(crowd))})`),
    el("ul", null, membersOf(crowd).map((member) => el("li", null, goTo(member)))),
    rest ? el("p", { class: "quiet" }, `and ${number(rest)} more, not in this page`) : null,
  ];
}

const goTo = (id) => el("button", { type: "button", class: "goto", click: () => choose(id, true) }, nameOf(id));

function showHidden() {
  const rest = thatCame(data.hidden.came);
  panel.replaceChildren(...el("div", null,
    el("h2", null, "Hidden by hand"),
    el("p", { class: "quiet" }, revealed.size ? "In the picture for now, in dashed rings; the case still hides them." : "Not in the picture."),
    el("ul", null, membersOf(data.hidden).map((id) => el("li", null, goTo(id)))),
    rest ? el("p", { class: "quiet" }, `and ${number(rest)} more, not in this page`) : null).childNodes);
}

function showLater(id) {
  const known = about.get(id);
  panel.replaceChildren(...el("div", null,
    el("h2", null, known.name),
    el("p", null, `Not known yet at step ${number(now)}: it came in step ${number(known.step)}.`),
    button(`Go to step ${number(known.step)}`, () => { goToStep(known.step); choose(id, true); })).childNodes);
}

function showNode(id) {
  const known = about.get(id);
  if (!isThere(id)) {
    showLater(id);
    return;
  }
  panel.replaceChildren(...el("div", null,
    el("h2", null, known.name),
    el("p", { class: "quiet" }, [known.kind, known.place, `step ${known.step}`].filter(Boolean).join(", ")),
    verdictOf(id) ? el("p", { class: "verdict" }, verdictOf(id)) : null,
    until(known.tags).length ? el("p", null, textsOf(known.tags).map((tag) => el("span", { class: "tag" }, tag))) : null,
    byHand(id),
    table([["key", known.key], ...(known.fields || [])]),
    list("What sources say", answers(known)),
    known.more ? el("p", { class: "quiet" }, `and ${upTo()}${plural(known.more, "more answer")}`) : null,
    list("Notes", textsOf(known.notes)), list("Also", textsOf(known.merged)),
    edgeSection(id)).childNodes);
}

function showBundle(whole) {
  const bundle = knownPart(whole);
  if (!bundle.edges.length) {
    panel.replaceChildren(...el("div", null, el("h2", null, words(whole.relation)),
      el("p", null, `Nobody had said so yet at step ${number(now)}.`)).childNodes);
    return;
  }
  panel.replaceChildren(...el("div", null,
    el("h2", null, words(bundle.relation)),
    el("p", null, `${nameOf(bundle.from)} → ${nameOf(bundle.to)}`),
    el("h3", null, plural(bundle.n, "edge")),
    bundle.edges.length === 1 ? claimsOf(bundle.edges[0])
      : bundle.edges.slice(0, EDGES_AT_ONCE).map((id) => edgeRow(id, groups.has(bundle.from) ? data.edges[id].to : data.edges[id].from, false)),
    bundle.edges.length > EDGES_AT_ONCE ? el("p", { class: "quiet" }, `and ${number(bundle.edges.length - EDGES_AT_ONCE)} more`) : null).childNodes);
}

function knownPart(bundle) {
  const edges = bundle.edges.filter((id) => isSaid(data.edges[id]));
  return { ...bundle, edges, n: sum(edges.map((id) => edgesIn(data.edges[id]))) };
}

function showGroup(id) {
  const group = groups.get(id);
  panel.replaceChildren(...el("div", null,
    el("h2", null, nameOf(id)),
    el("p", null, group.names),
    el("p", { class: "quiet" }, `Drawn as one: ${data.reason}.`),
    button(opened.has(id) ? "Fold again" : "Open in place", () => { toggle(id); showGroup(id); }),
    memberList("Members", group)).childNodes);
}
