/** Elements. Text only ever goes in as text, so nothing that a model wrote can become markup. */

const SVG = "http://www.w3.org/2000/svg";

/** An element from "tag.class.class", attributes or handlers, and children (nodes, texts, lists; null is nothing). */
export function h(what, attributes, ...children) {
  return fill(make(null, what, attributes), children);
}

/** The same for SVG. */
export function svg(what, attributes, ...children) {
  return fill(make(SVG, what, attributes), children);
}

/** Put children in the place of whatever an element holds. */
export function replace(element, ...children) {
  element.replaceChildren();
  return fill(element, children);
}

function make(space, what, attributes) {
  const [tag, ...classes] = what.split(".");
  const element = space ? document.createElementNS(space, tag) : document.createElement(tag);
  if (classes.length) element.setAttribute("class", classes.join(" "));
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else if (name === "style") for (const [key, one] of Object.entries(value)) element.style.setProperty(key, one);
    else element.setAttribute(name, value === true ? "" : value);
  }
  return element;
}

function fill(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}
