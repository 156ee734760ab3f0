// Which prefixes a query uses and declares, and declaring those it lacks.

// what may hold a colon that is no prefix: long and short strings, IRIs, comments
const OPAQUE = /"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?|<[^<>\s]*>|#[^\n]*/g;
const DECLARATION = /\bPREFIX\s+([\w.-]*):\s*/gi;
const USE = /(?<![\w?$@_:.-])([A-Za-z][\w-]*):/g;

const blank = (text) => text.replace(OPAQUE, (found) => found.replace(/[^\n]/g, " "));

const declarations = (text) => [...blank(text).matchAll(DECLARATION)];

export function missingPrefixes(text, known) {
  const declared = new Set(declarations(text).map((match) => match[1]));
  const used = blank(text).replace(DECLARATION, "").matchAll(USE);
  const names = new Set([...used].map((match) => match[1]));
  return [...names].filter((name) => Object.hasOwn(known, name) && !declared.has(name));
}

// declares what is missing before the other declarations, or before everything
export function declareMissing(view, known) {
  const text = view.state.doc.toString();
  const names = missingPrefixes(text, known);
  if (!names.length) return;
  const [first] = declarations(text);
  const lines = names.map((name) => `PREFIX ${name}: <${known[name]}>\n`).join("");
  view.dispatch({ changes: { from: first?.index ?? 0, insert: first ? lines : `${lines}\n` } });
}
