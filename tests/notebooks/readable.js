// The texts of outputs with less contrast to their background than WCAG 2 asks for (1.4.3), and the focus ring of
// the focused element (1.4.11), both also in shadow trees. Controls that are disabled need none.
(outputs) => {
  const pixel = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const onto = (colours) => {
    for (const colour of ["white", ...colours]) {
      pixel.fillStyle = colour;
      pixel.fillRect(0, 0, 1, 1);
    }
    return [...pixel.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = (colour) => {
    const [red, green, blue] = colour.map((part) =>
      part > 10 ? ((part / 255 + 0.055) / 1.055) ** 2.4 : part / 255 / 12.92);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const grounds = (element) => {
    const found = [];
    for (let at = element; at; at = at.parentElement ?? at.getRootNode().host) {
      found.unshift(getComputedStyle(at).backgroundColor);
    }
    return found;
  };
  const contrast = (colour, element) => {
    const behind = grounds(element);
    const [dark, light] = [luminance(onto(behind)), luminance(onto([...behind, colour]))].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const every = (root) => [...root.querySelectorAll("*")].flatMap((one) =>
    one.shadowRoot ? [one, ...every(one.shadowRoot)] : [one]);
  const elements = outputs.flatMap(every).filter((one) => one.checkVisibility());
  const texts = elements.filter((one) => !one.disabled && !one.parentElement?.disabled
    && [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()));
  const told = (what, one, found) => `${what} of ${one.localName} ${one.textContent}: ${found.toFixed(2)}`;
  const dim = texts.map((one) => {
    const { color, fill } = getComputedStyle(one);
    return [one, contrast(one instanceof SVGElement ? fill : color, one)];
  }).filter(([, found]) => found < 4.5).map(([one, found]) => told("text", one, found));
  const rings = elements.filter((one) => one.matches(":focus-visible") && !one.shadowRoot).map((one) =>
    [one, contrast(getComputedStyle(one).outlineColor, one.parentElement ?? one)]);
  const faint = rings.filter(([, found]) => found < 3).map(([one, found]) => told("ring", one, found));
  return { texts: texts.length, rings: rings.length, unreadable: [...dim, ...faint] };
}
