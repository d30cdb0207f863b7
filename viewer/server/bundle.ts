/** The page's script: the modules of `viewer/web/` and their libraries as one file. */
import { fileURLToPath } from "node:url";

const entrypoint = fileURLToPath(new URL("../web/main.ts", import.meta.url));

/**
 * The bundled script. It takes under half a second; the first time ever Deno fetches its bundler
 * from the npm registry.
 *
 * @throws {Error} when Deno runs without `--unstable-bundle`, when the bundler cannot be fetched, or
 * when the sources do not bundle
 */
export async function bundlePage(): Promise<string> {
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
