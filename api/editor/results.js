// Answers as a table with labels and links, a truth value, or a graph. Text from the graph is only
// ever set as text.
const ROWS_SHOWN = 1000;
const collator = new Intl.Collator("en", { numeric: true });

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// names: labels by IRI; short: the short form of an IRI; kinds: first segments that have pages
function linkTo(iri, names) {
  const local = iri.startsWith(names.base) ? iri.slice(names.base.length) : null;
  const short = names.shorten(iri);
  const text = names.labels.get(short) ?? short;
  if (local !== null && names.kinds.has(local.split("/")[0])) {
    return element("a", { href: `/${local}`, title: short }, text);
  }
  // anything may stand in an answer; only what a browser may open safely is a link
  if (local === null && /^https?:\/\//.test(iri)) {
    return element("a", { href: iri, title: iri, rel: "noreferrer" }, text);
  }
  return element("span", { title: iri }, text);
}

function textOf(term, names) {
  if (!term) return "";
  if (term.type !== "uri") return term.type === "bnode" ? `_:${term.value}` : term.value;
  const short = names.shorten(term.value);
  return names.labels.get(short) ?? short;
}

function cell(term, names) {
  const made = element("td");
  if (!term) return made;
  const iris = term.type === "uri" ? [term.value] : term.value.split(" ");
  if (term.type === "uri" || (term.type === "literal" && iris.every((iri) => iri.startsWith(names.base)))) {
    iris.forEach((iri, index) => made.append(...(index ? [", "] : []), linkTo(iri, names)));
  } else {
    made.append(textOf(term, names));
    if (term["xml:lang"]) made.lang = term["xml:lang"];
  }
  return made;
}

export function tableOf({ head, results }, names) {
  const columns = head.vars;
  const rows = results.bindings;
  const body = element("tbody");
  const fill = () => {
    const shown = rows.slice(0, ROWS_SHOWN);
    body.replaceChildren(...shown.map((row) => element("tr", {}, ...columns.map((name) => cell(row[name], names)))));
  };
  const headings = columns.map((name) => {
    const button = element("button", { type: "button" }, name);
    const heading = element("th", { scope: "col" }, button);
    button.addEventListener("click", () => {
      const down = heading.getAttribute("aria-sort") === "ascending";
      for (const other of headings) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const keys = new Map(rows.map((row) => [row, textOf(row[name], names)]));
      rows.sort((one, other) => {
        const [a, b] = [keys.get(one), keys.get(other)];
        // what is empty stays last
        if (!a || !b) return Boolean(b) - Boolean(a);
        return (down ? -1 : 1) * collator.compare(a, b);
      });
      fill();
    });
    return heading;
  });
  fill();
  const table = element("table", { class: "answer sortable" },
    element("thead", {}, element("tr", {}, ...headings)), body);
  const region = element("div", { class: "scroll", role: "region", "aria-label": "Answer", tabindex: "0" }, table);
  if (rows.length <= ROWS_SHOWN) return [region];
  const note = `The first ${ROWS_SHOWN} of ${rows.length} rows are shown; sorting and the downloads take in all.`;
  return [element("p", { class: "note" }, note), region];
}

export const truthOf = (value) => [element("p", { class: "lead" }, value ? "Yes" : "No")];

export const graphOf = (text) => [element("pre", { tabindex: "0" }, element("code", {}, text))];

// links that give the same answer in other formats, at addresses of their own
export function downloadsOf(query, formats) {
  const links = formats.flatMap(([name, short]) => {
    const address = `/sparql?${new URLSearchParams({ query, format: short })}`;
    return [element("a", { href: address, download: `answer.${short}` }, name), " "];
  });
  const share = element("a", { href: `#${new URLSearchParams({ query })}` }, "link to this query");
  return element("p", { class: "data" }, "Download: ", ...links, "· ", share);
}
