/** The pages' scripts: the modules of `viewer/web/` and their libraries, one file a page. */
import { fileURLToPath } from "node:url";

/** The page of a run, and that of a laboratory: `<name>.ts` in `viewer/web/`. */
export type PageScript = "main" | "laboratory";

/**
 * The bundled script. It takes under half a second; the first time ever Deno fetches its bundler
 * from the npm registry.
 *
 * @throws {Error} when Deno runs without `--unstable-bundle`, when the bundler cannot be fetched, or
 * when the sources do not bundle
 */
export async function bundlePage(name: PageScript): Promise<string> {
  const entrypoint = fileURLToPath(new URL(`../web/${name}.ts`, import.meta.url));
  if (typeof Deno.bundle !== "function") {
    throw new Error("the page cannot be bundled: start Deno with --unstable-bundle");
  }
  const { success, errors, outputFiles } = await Deno.bundle({
    entrypoints: [entrypoint],
    platform: "browser",
    format: "esm",
    minify: true,
    write: false,
  }).catch((cause) => {
    throw new Error(`the page cannot be bundled: ${cause}`, { cause });
  });
  const script = outputFiles?.[0]?.text();
  if (!success || script === undefined) {
    const reasons = errors.map((error) => error.text).join("; ");
    throw new Error(`the page cannot be bundled: ${reasons || "the bundler gave no output"}`);
  }
  return script;
}
