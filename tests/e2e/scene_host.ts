/** Serves `scene_page.ts` with one recording, under the policy of the viewer's own pages. */
import type { SceneRecording } from "../../cluster/scene_recording.ts";
import { encodeRecording } from "../../cluster/scene_recording.ts";
import { bundle } from "../../viewer/server/bundle.ts";

const html = `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>A scene</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/style.css">
    <link rel="stylesheet" href="/whole.css">
    <script type="module" src="/scene.js"></script>
  </head>
  <body><div id="view"><canvas id="scene" tabindex="0" role="img" aria-label="A scene"></canvas></div></body>
</html>`;

const wholeWindow =
  "#view { position: fixed; inset: 0; } canvas { display: block; width: 100%; height: 100%; }";

const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'";

/** A page that shows a recording. */
export interface SceneHost extends AsyncDisposable {
  readonly url: string;
  /** Show another one to the pages that are opened from now on. */
  show(recording: SceneRecording): void;
}

/** Starts to serve, on a free port. */
export async function hostScene(): Promise<SceneHost> {
  const [[, script]] = bundle("scene", { entry: new URL("scene_page.ts", import.meta.url) });
  const text = await script;
  const style = await Deno.readTextFile(new URL("../../viewer/web/style.css", import.meta.url));
  let recording = new Uint8Array();
  const files: Readonly<Record<string, () => readonly [type: string, body: BodyInit]>> = {
    "/": () => ["text/html; charset=utf-8", html],
    "/scene.js": () => ["text/javascript; charset=utf-8", text],
    "/style.css": () => ["text/css", style],
    "/whole.css": () => ["text/css", wholeWindow],
    "/recording": () => ["application/octet-stream", recording],
  };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { pathname } = new URL(request.url);
    if (!Object.hasOwn(files, pathname)) return new Response("nothing here", { status: 404 });
    const [type, body] = files[pathname]();
    return new Response(body, {
      headers: { "content-type": type, "content-security-policy": pagePolicy },
    });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    show(next) {
      recording = encodeRecording(next);
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
