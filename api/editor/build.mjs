// Bundles the editor into ../static, with the licences of what is in it.
import { readFile, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const out = "../static/editor.js";

const { metafile } = await build({
  entryPoints: ["main.js"],
  outfile: out,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
});

const used = new Set(
  Object.keys(metafile.inputs)
    .map((path) => path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1])
    .filter(Boolean),
);
const texts = [...used].sort().map(async (name) => {
  const { version } = JSON.parse(await readFile(`node_modules/${name}/package.json`, "utf8"));
  return `${name} ${version}\n\n${(await readFile(`node_modules/${name}/LICENSE`, "utf8")).trim()}\n`;
});
await writeFile("../static/editor.LICENSES.txt", (await Promise.all(texts)).join(`\n${"-".repeat(72)}\n\n`));
