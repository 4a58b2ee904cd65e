const byId = (id) => document.getElementById(id);

// Text only ever becomes text nodes: nothing on this page reads markup out of a string.
function el(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === "click") made.addEventListener("click", value);
    else made.setAttribute(key, value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

const number = (value) => value.toLocaleString("en");
const plural = (count, noun) => `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
const cut = (text, limit) => (text.length > limit ? `${text.slice(0, limit - 1)}…` : text);
const words = (relation) => relation.replaceAll("-", " ");
const still = matchMedia("(prefers-reduced-motion: reduce)");
const motion = () => (still.matches ? false : { duration: 300, easingFunction: "easeInOutQuad" });
