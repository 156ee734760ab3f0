// The CodeMirror editor. It lives in a shadow root, where its styles are constructed sheets: a page
// whose policy forbids inline styles can hold it.
import {
  autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import {
  bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting,
} from "@codemirror/language";
import { lintKeymap, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import {
  drawSelection, EditorView, highlightActiveLineGutter, keymap, lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { sparql } from "codemirror-lang-sparql";
import { complete } from "./completion.js";
import { declareMissing } from "./prefixes.js";

const COLOURS = HighlightStyle.define([
  { tag: tags.keyword, color: "light-dark(#7a2d6f, #e0a3d6)", fontWeight: "600" },
  { tag: tags.variableName, color: "light-dark(#1d2326, #e4e8e9)" },
  { tag: [tags.string, tags.integer, tags.float, tags.bool], color: "light-dark(#7a4a00, #e6b566)" },
  { tag: [tags.namespace, tags.url, tags.typeName], color: "light-dark(#1c5a6b, #8cc7d6)" },
  { tag: tags.comment, color: "var(--quiet)", fontStyle: "italic" },
]);

const MONO = 'ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace';
const SANS = 'system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif';

const THEME = EditorView.theme({
  "&": {
    background: "var(--panel)", color: "var(--ink)", border: "1px solid var(--quiet)",
    borderRadius: ".3rem", fontSize: ".9rem",
  },
  "&.cm-focused": { outline: "3px solid var(--link)", outlineOffset: "2px" },
  ".cm-scroller": { fontFamily: MONO, lineHeight: "1.45", minHeight: "16rem", maxHeight: "60vh" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { background: "var(--panel)", color: "var(--quiet)", border: "0" },
  ".cm-activeLineGutter": { background: "var(--line)", color: "var(--ink)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: "light-dark(#c9dfe5, #2d4a53)",
  },
  "&.cm-focused .cm-matchingBracket": { background: "var(--line)", outline: "1px solid var(--quiet)" },
  ".cm-tooltip": {
    background: "var(--paper)", color: "var(--ink)", border: "1px solid var(--quiet)",
    borderRadius: ".3rem",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { 
    fontFamily: MONO, maxHeight: "none", overflow: "hidden", maxWidth: "min(40rem, 92vw)",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: ".2rem .5rem" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": {
    background: "var(--link)", color: "var(--paper)",
  },
  ".cm-completionDetail": { fontFamily: SANS, fontStyle: "normal", color: "var(--quiet)" },
  "li[aria-selected] .cm-completionDetail": { color: "inherit" },
  ".cm-tooltip.cm-completionInfo": {
    padding: ".5rem .7rem", maxWidth: "min(24rem, 80vw)", fontFamily: SANS, lineHeight: "1.4",
  },
  ".cm-completionInfo p": { margin: ".2rem 0 0" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--bad)" },
  ".cm-lintRange-error": {
    backgroundImage: "none", textDecoration: "underline wavy var(--bad)", textUnderlineOffset: ".2em",
  },
});

// parent: an element for it; text: the query; vocabulary: filled later by whoever made it;
// run: what Ctrl+Enter does
export function makeEditor({ parent, text, vocabulary, run }) {
  const root = parent.attachShadow({ mode: "open" });
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        highlightActiveLineGutter(),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        sparql(),
        syntaxHighlighting(COLOURS),
        // ten options at a time, moving with the selection: nothing scrolls that cannot have focus
        autocompletion({
          override: [complete(vocabulary)], icons: false, maxRenderedOptions: 10,
        }),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": "SPARQL query", spellcheck: "false" }),
        EditorView.updateListener.of((update) => declareUsed(update, vocabulary)),
        // Tab is not bound, so that it leaves the editor
        keymap.of([
          { key: "Mod-Enter", run: () => (run(), true) },
          ...closeBracketsKeymap, ...completionKeymap, ...lintKeymap, ...historyKeymap,
          ...defaultKeymap,
        ]),
        THEME,
      ],
    }),
  });
  return view;
}

// a prefix that is typed with its colon, or pasted, is declared if it is known
function declareUsed({ view, transactions }, vocabulary) {
  const pasted = transactions.some((one) => one.isUserEvent("input.paste"));
  const typed = transactions.some((one) => {
    let colon = false;
    if (one.isUserEvent("input.type")) {
      one.changes.iterChanges((a, b, c, d, inserted) => {
        colon ||= inserted.toString() === ":";
      });
    }
    return colon;
  });
  if (pasted || typed) queueMicrotask(() => declareMissing(view, vocabulary.prefixes));
}

export function replaceText(view, text) {
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
}

// line and column count from one, the column in code points as the server counts
export function placeOf(view, line, column) {
  const found = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines));
  const before = Array.from(found.text).slice(0, Math.max(column - 1, 0)).join("");
  return found.from + before.length;
}

// gives where the mark begins
export function markError(view, place, message) {
  const { doc } = view.state;
  const line = doc.lineAt(place);
  // at the end of a line there is nothing to underline, so what comes before is
  const to = Math.min(line.to, place + (/^\S+/.exec(doc.sliceString(place, line.to))?.[0].length ?? 1));
  const from = to > place ? place : Math.max(line.from, place - 1);
  view.dispatch(setDiagnostics(view.state, [{ from, to, severity: "error", message }]));
  return from;
}

export function clearErrors(view) {
  view.dispatch(setDiagnostics(view.state, []));
}
