/** The scripts of the pages: a module and all that it imports, as one file that a browser reads. */
import { fileURLToPath } from "node:url";

/** What a script is made of. */
export interface ScriptSource {
  /** The module that the browser is to run. */
  readonly entry: URL;
  /**
   * Modules that the script never comes to import in a browser, named as in its sources, `*` for any
   * characters: they are left out.
   */
  readonly leftOut?: readonly string[];
  /** Modules that browsers lack, named as in the sources, and what is imported in their place. */
  readonly standIns?: Readonly<Record<string, URL>>;
}

/** Scripts by the paths under which a browser finds them. */
export type Scripts = ReadonlyMap<string, Promise<string>>;

/** The page of a run, and that of a laboratory: `<name>.ts` in `viewer/web/`. */
export type PageScript = "main" | "laboratory";

/** What the script of a page is made of. */
export const pageSource = (name: PageScript): ScriptSource => ({
  entry: new URL(`../web/${name}.ts`, import.meta.url),
});

/**
 * The scripts of `source`: itself under `/<name>.js`, its stand-ins under `/<name>/<number>.js`. It takes
 * under half a second; the first time ever Deno fetches its bundler from the npm registry.
 *
 * A script rejects when Deno runs without `--unstable-bundle`, when the bundler cannot be fetched, or when
 * the sources do not bundle.
 *
 * @param after what to wait for, so that what is needed first is there first
 */
export function bundle(
  name: string,
  { entry, leftOut = [], standIns = {} }: ScriptSource,
  after: Promise<unknown> = Promise.resolve(),
): Scripts {
  const replaced = Object.entries(standIns);
  const modules = [...new Map(replaced.map(([, url]) => [url.href, url])).values()];
  const pathOf = (url: URL) =>
    `/${name}/${modules.findIndex(({ href }) => href === url.href) + 1}.js`;
  const script = after
    .then(() => bundleModule(entry, [...leftOut, ...Object.keys(standIns)]))
    .then((text) =>
      replaced.reduce((text, [specifier, url]) => withImport(text, specifier, pathOf(url)), text)
    );
  return new Map([
    [`/${name}.js`, script],
    ...modules.map((url) => [pathOf(url), script.then(() => bundleModule(url, []))] as const),
  ]);
}

/** `script` with its imports of `specifier` from `path`. */
function withImport(script: string, specifier: string, path: string): string {
  const pattern = specifier.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", '[^"]*');
  return script.replaceAll(
    new RegExp(`\\b(from|import)(\\s*)"${pattern}"`, "g"),
    `$1$2"${path}"`,
  );
}

async function bundleModule(entry: URL, external: string[]): Promise<string> {
  if (typeof Deno.bundle !== "function") {
    throw new Error("the page cannot be bundled: start Deno with --unstable-bundle");
  }
  const { success, errors, outputFiles } = await Deno.bundle({
    entrypoints: [fileURLToPath(entry)],
    platform: "browser",
    format: "esm",
    minify: true,
    write: false,
    external,
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
