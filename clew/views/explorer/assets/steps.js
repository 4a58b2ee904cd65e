// The graph as it was known at a step: the slider, the list of steps, and the start of the page.
const slider = byId("step");

function stepWords(step) {
  const entry = document.querySelector(`[data-step="${step}"]`);
  return entry ? entry.textContent.replace(/^\d+\. /, "") : "its words are not in this page";
}

function goToStep(wanted) {
  now = Math.max(1, Math.min(data.steps, wanted));
  slider.value = now;
  find();
  if (fill) fill();
  tellStep();
}

function tellStep() {
  const told = `${number(now)} of ${number(data.steps)}`;
  slider.setAttribute("aria-valuetext", `step ${told}: ${stepWords(now)}`);
  byId("which").textContent = told;
  byId("told").textContent = byId("told").title = stepWords(now);
  byId("caution").classList.toggle("unseen", isLast());
  byId("earlier").disabled = now <= 1;
  byId("later").disabled = byId("last").disabled = isLast();
  document.querySelector("[data-step][aria-current]")?.removeAttribute("aria-current");
  document.querySelector(`[data-step="${now}"]`)?.setAttribute("aria-current", "step");
}

// A slider is dragged faster than a large graph is drawn.
let waiting = false;
slider.addEventListener("input", () => {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    goToStep(Number(slider.value));
  });
});
byId("earlier").addEventListener("click", () => goToStep(now - 1));
byId("later").addEventListener("click", () => goToStep(now + 1));
byId("last").addEventListener("click", () => goToStep(data.steps));
for (const entry of document.querySelectorAll("[data-step]")) {
  entry.addEventListener("click", () => goToStep(Number(entry.dataset.step)));
}

tellStep();

redraw();
network.fit({ animation: false });
if (data.notes.length) panel.append(...el("div", null, list("Notes of the case", textsOf(data.notes))).childNodes);

// For people who script this page, and for its tests: where a node is on the screen, by id.
Object.defineProperty(window, "clew", {
  value: Object.freeze({ place: (id) => network.canvasToDOM(network.getPosition(id)), scale: () => network.getScale() }),
});
