// Turns the plain form at /sparql into an editor. Without this script the form works as it stands.
import { clearErrors, makeEditor, markError, placeOf, replaceText } from "./editor.js";
import { downloadsOf, graphOf, tableOf, truthOf } from "./results.js";

const TABLES = [["CSV", "csv"], ["TSV", "tsv"], ["JSON", "json"], ["XML", "xml"]];
const TRUTHS = [["JSON", "json"], ["XML", "xml"]];
const GRAPHS = [["Turtle", "ttl"], ["JSON-LD", "jsonld"], ["RDF/XML", "rdf"], ["N-Triples", "nt"]];

const find = (id) => document.getElementById(id);
const form = find("ask");
const field = find("query");
const status = find("status");
const failure = find("failure");
const answer = find("answer");

const vocabulary = { base: "", kinds: [], prefixes: {}, terms: [], examples: [] };
const names = { base: "", kinds: new Set(), labels: new Map(), shorten: (iri) => iri };
let running = null;

const sharedQuery = () => new URLSearchParams(location.hash.slice(1)).get("query");

const view = makeEditor({ parent: find("editor"), text: sharedQuery() ?? field.value, vocabulary, run });
field.hidden = true;
for (const part of form.querySelectorAll(".plain")) part.hidden = true;
for (const part of form.querySelectorAll(".enhanced")) part.hidden = false;
form.noValidate = true;
form.querySelector("label[for=query]").addEventListener("click", () => view.focus());
form.addEventListener("submit", (event) => {
  event.preventDefault();
  run();
});
find("stop").addEventListener("click", () => running?.abort());
addEventListener("hashchange", () => {
  const query = sharedQuery();
  if (query === null || query === view.state.doc.toString()) return;
  replaceText(view, query);
  run();
});

const loaded = loadVocabulary();
if (sharedQuery() !== null) run();

async function loadVocabulary() {
  const response = await fetch("/sparql/vocabulary", { headers: { Accept: "application/json" } });
  if (!response.ok) return;
  Object.assign(vocabulary, await response.json());
  const spaces = Object.entries(vocabulary.prefixes).sort(([, a], [, b]) => b.length - a.length);
  names.base = vocabulary.base;
  names.kinds = new Set(vocabulary.kinds);
  names.labels = new Map(vocabulary.terms.map((term) => [term.name, term.label]));
  names.shorten = (iri) => {
    const space = spaces.find(([, start]) => iri.startsWith(start));
    return space ? `${space[0]}:${iri.slice(space[1].length)}` : iri;
  };
  const choice = find("example");
  choice.replaceChildren(...vocabulary.examples.map(({ name, title }) => new Option(title, name)));
  find("take").addEventListener("click", () => {
    replaceText(view, vocabulary.examples.find(({ name }) => name === choice.value).query);
    view.focus();
  });
}

async function run() {
  running?.abort();
  const mine = (running = new AbortController());
  const query = view.state.doc.toString();
  clearErrors(view);
  failure.replaceChildren();
  answer.replaceChildren();
  status.textContent = "Running …";
  find("stop").disabled = false;
  history.replaceState(null, "", `#${new URLSearchParams({ query })}`);
  const start = performance.now();
  try {
    const response = await fetch(form.action, {
      method: "POST",
      headers: {
        "Content-Type": "application/sparql-query",
        Accept: "application/sparql-results+json, text/turtle;q=0.9, application/problem+json;q=0.1",
      },
      body: query,
      signal: mine.signal,
    });
    const text = await response.text();
    const seconds = (performance.now() - start) / 1000;
    await loaded.catch(() => {});
    if (mine !== running) return;
    if (response.ok) show(query, text, response.headers.get("Content-Type"), seconds);
    else fail(text, response.status);
  } catch (error) {
    if (mine !== running) return;
    status.textContent = error.name === "AbortError" ? "Stopped." : "";
    if (error.name !== "AbortError") failure.textContent = "The server cannot be reached.";
  } finally {
    if (mine === running) find("stop").disabled = true;
  }
}

function show(query, text, type, seconds) {
  const took = `in ${seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`}`;
  if (!type.includes("json")) {
    status.textContent = `A graph ${took}.`;
    answer.replaceChildren(downloadsOf(query, GRAPHS), ...graphOf(text));
    return;
  }
  const found = JSON.parse(text);
  if ("boolean" in found) {
    status.textContent = `Answered ${took}.`;
    answer.replaceChildren(...truthOf(found.boolean), downloadsOf(query, TRUTHS));
    return;
  }
  const count = found.results.bindings.length;
  status.textContent = `${count} row${count === 1 ? "" : "s"} ${took}.`;
  answer.replaceChildren(downloadsOf(query, TABLES), ...(count ? tableOf(found, names) : []));
}

function fail(text, code) {
  let problem = { detail: `The server answered ${code}.` };
  try {
    problem = JSON.parse(text);
  } catch {
    // a proxy in between may answer in its own way
  }
  status.textContent = "";
  const { detail, line, column = 1 } = problem;
  failure.textContent = detail;
  if (!line) return;
  const place = markError(view, placeOf(view, line, column), detail);
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = `Go to line ${line}, column ${column}`;
  button.addEventListener("click", () => {
    view.dispatch({ selection: { anchor: place }, scrollIntoView: true });
    view.focus();
  });
  failure.append(" ", button);
}
