// Completion from the vocabulary: what fits the place in the triple comes first, or alone.
import { insertCompletionText, pickedCompletion } from "@codemirror/autocomplete";
import { syntaxTree } from "@codemirror/language";
import { declareMissing } from "./prefixes.js";

const MOST = 100;
const KEYWORDS = [
  "SELECT", "DISTINCT", "WHERE", "CONSTRUCT", "ASK", "DESCRIBE", "PREFIX", "FROM", "FROM NAMED",
  "OPTIONAL", "FILTER", "FILTER NOT EXISTS", "UNION", "MINUS", "GRAPH", "BIND", "VALUES", "AS",
  "GROUP BY", "HAVING", "ORDER BY", "ASC", "DESC", "LIMIT", "OFFSET", "COUNT", "SUM", "MIN", "MAX",
  "AVG", "SAMPLE", "GROUP_CONCAT", "STR", "LANG", "LANGMATCHES", "DATATYPE", "BOUND", "IF",
  "COALESCE", "REGEX", "REPLACE", "CONTAINS", "STRSTARTS", "STRENDS", "STRLEN", "SUBSTR", "LCASE",
  "UCASE", "CONCAT", "STRBEFORE", "STRAFTER", "ISIRI", "ISBLANK", "ISLITERAL",
];
const SYMBOL = { class: "class", property: "property" };

// where in a triple the cursor is, judged by the tokens since it began
export function placeOf(before) {
  if (!before.includes("{")) return "";
  const pieces = before.split(/([{}]|[.;,](?=\s|$))/);
  const tokens = pieces.at(-1).trim().split(/\s+/).filter(Boolean);
  const opener = pieces.length > 1 ? pieces.at(-2) : "";
  if (opener === ",") return tokens.length ? "" : "object";
  const place = tokens.length + (opener === ";" ? 1 : 0);
  if (place === 1) return "predicate";
  if (place === 2) return /^(?:a|rdf:type)$/.test(tokens.at(-1)) ? "class" : "object";
  return "";
}

const FITS = {
  predicate: (term) => term.role === "property",
  class: (term) => term.role === "class",
  object: (term) => term.role !== "property",
  "": () => true,
};

// how well a term answers to what is typed: the less the better, 9 not at all
function rank(term, typed) {
  const [prefix, local] = term.name.toLowerCase().split(/:(.*)/s);
  const label = term.label.toLowerCase();
  const name = `${prefix}:${local}`;
  if (name.startsWith(typed) && typed.includes(":")) return 0;
  const word = typed.includes(":") ? typed.slice(typed.indexOf(":") + 1) : typed;
  if (typed.includes(":") && prefix !== typed.slice(0, typed.indexOf(":"))) return 9;
  if (local.startsWith(word)) return 1;
  if (label.startsWith(word)) return 2;
  if (label.split(/[\s-]/).some((part) => part.startsWith(word))) return 3;
  if ((term.also ?? []).some((other) => other.toLowerCase().includes(word))) return 4;
  if (word.length > 2 && (local.includes(word) || label.includes(word))) return 5;
  return !typed.includes(":") && prefix.startsWith(word) ? 6 : 9;
}

function explain(term) {
  const box = document.createElement("div");
  for (const [tag, text] of [["strong", term.label], ["p", term.gloss]]) {
    if (!text) continue;
    box.append(Object.assign(document.createElement(tag), { textContent: text }));
  }
  return box;
}

const optionOf = (term, vocabulary) => ({
  label: term.name,
  detail: term.label === term.name ? undefined : term.label,
  type: SYMBOL[term.role] ?? "constant",
  info: term.gloss ? () => explain(term) : undefined,
  apply(view, completion, from, to) {
    view.dispatch({
      ...insertCompletionText(view.state, term.name, from, to),
      annotations: pickedCompletion.of(completion),
    });
    declareMissing(view, vocabulary.prefixes);
  },
});

export function complete(vocabulary) {
  return (context) => {
    const { state, pos } = context;
    if (/^(?:Comment|String)/.test(syntaxTree(state).resolveInner(pos, -1).name)) return null;
    const text = state.doc.toString();
    const declaring = /\bPREFIX\s+([\w-]*)$/i.exec(text.slice(0, pos));
    if (declaring) {
      const options = Object.entries(vocabulary.prefixes).map(([name, iri]) => ({
        label: `${name}:`, detail: iri, type: "namespace", apply: `${name}: <${iri}>`,
      }));
      return { from: pos - declaring[1].length, options, validFor: /^[\w-]*$/ };
    }
    const variable = context.matchBefore(/[?$]\w*/);
    if (variable) {
      const others = new Set(text.match(/[?$]\w+/g));
      others.delete(variable.text);
      const options = [...others].map((label) => ({ label, type: "variable" }));
      return { from: variable.from, options, validFor: /^[?$]\w*$/ };
    }
    const word = context.matchBefore(/[\w][\w:./-]*/);
    const from = word ? word.from : pos;
    const place = placeOf(text.slice(0, from));
    if (!word && !context.explicit && place !== "class") return null;
    if (/[<@^"']$/.test(text.slice(0, from))) return null;

    const typed = (word?.text ?? "").toLowerCase();
    const found = vocabulary.terms
      .filter((term) => term.role && FITS[place](term))
      .map((term) => [rank(term, typed), term])
      .filter(([score]) => score < 9)
      .sort(([a, one], [b, other]) => a - b || one.name.length - other.name.length)
      .slice(0, MOST)
      .map(([, term]) => optionOf(term, vocabulary));
    const keywords = place && place !== "predicate" ? [] : KEYWORDS
      .filter((name) => typed && name.toLowerCase().startsWith(typed))
      .map((label) => ({ label, type: "keyword" }));
    return { from, options: [...keywords, ...found], filter: false };
  };
}
