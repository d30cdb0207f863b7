/** Documents as the viewer of a laboratory serves them, asked for by real http clients. */
import assert from "node:assert/strict";
import { inProcessBus } from "../../cluster/in_process.ts";
import type { DocumentRequest } from "../../cluster/document_addresses.ts";
import { documentAddress } from "../../cluster/document_paths.ts";
import {
  DocumentsToCome,
  DocumentUnavailableError,
  type OpenedDocument,
} from "../../cluster/document_source.ts";
import { startLaboratoryViewer } from "../../viewer/server/laboratory_server.ts";
import type { Viewer } from "../../viewer/server/site.ts";
import { ask } from "./clients.ts";

const control = "c".repeat(43);
const bearer = { authorization: `Bearer ${control}` };

interface Scene {
  readonly viewer: Viewer;
  readonly documents: DocumentsToCome;
  readonly requests: DocumentRequest[];
  readonly errors: unknown[];
}

function play(name: string, act: (scene: Scene) => Promise<void>): void {
  Deno.test(name, async () => {
    const errors: unknown[] = [];
    const requests: DocumentRequest[] = [];
    const documents = new DocumentsToCome();
    const viewer = await startLaboratoryViewer({
      bus: inProcessBus(assert.ifError),
      documents,
      port: 0,
      tokens: { control },
      onError: (error) => errors.push(error),
    });
    try {
      await act({ viewer, documents, requests, errors });
      // The bundler must have ended before the test does.
      for (const script of ["main.js", "laboratory.js"]) {
        await (await fetch(viewer.url + script, { headers: bearer })).text();
      }
    } finally {
      await viewer.close();
    }
  });
}

const bytes = (text: string) => new TextEncoder().encode(text);

/** A source that answers everything with `document`, and says what it was asked for. */
function answering({ documents, requests }: Scene, document: OpenedDocument | undefined): void {
  documents.source = {
    open(request) {
      requests.push(request);
      return Promise.resolve(document);
    },
  };
}

const json: OpenedDocument = {
  form: "json",
  body: bytes('{"type":"library"}'),
  version: "abc1",
  fileName: "library.json",
};

play("a document is sent once, and asked about afterwards", async (scene) => {
  answering(scene, json);
  const { viewer } = scene;
  const first = await ask(viewer, documentAddress.library, { headers: bearer });
  assert.equal(first.status, 200);
  assert.equal(first.body, '{"type":"library"}');
  assert.equal(first.headers["content-type"], "application/json");
  assert.equal(first.headers["content-disposition"], undefined);
  assert.equal(first.headers["cache-control"], "private, no-cache");
  assert.equal(first.headers.etag, '"abc1"');
  for (const known of ['"abc1"', 'W/"abc1"', '"old", "abc1"']) {
    const headers = { ...bearer, "if-none-match": known };
    const again = await ask(viewer, documentAddress.library, { headers });
    assert.deepEqual([again.status, again.body, again.headers.etag], [304, "", '"abc1"']);
  }
  const headers = { ...bearer, "if-none-match": '"other"' };
  assert.equal((await ask(viewer, documentAddress.library, { headers })).status, 200);
  const head = await ask(viewer, documentAddress.library, { headers: bearer, method: "HEAD" });
  assert.deepEqual([head.status, head.body], [200, ""]);
});

play("what is downloaded has a harmless name, and cannot run in a browser", async (scene) => {
  answering(scene, {
    form: "svg",
    body: bytes("<svg><script>alert(1)</script></svg>"),
    version: "1",
    fileName: 'a"\r\nset-cookie: x=1/../b.svg',
  });
  const address = documentAddress.figureSvg("run-1", 2, "dark");
  const { status, headers } = await ask(scene.viewer, address, { headers: bearer });
  assert.equal(status, 200);
  assert.deepEqual(scene.requests, [
    { kind: "figure picture", run: "run-1", number: 2, theme: "dark" },
  ]);
  assert.equal(headers["content-type"], "image/svg+xml");
  assert.equal(headers["x-content-type-options"], "nosniff");
  assert.equal(
    headers["content-disposition"],
    'attachment; filename="a_set-cookie_x_1_.._b.svg"',
  );
  assert.equal(headers["set-cookie"], undefined);
  const policy = headers["content-security-policy"] ?? "";
  assert.match(`${policy}`, /default-src 'none'/);
  assert.match(`${policy}`, /; sandbox;/);
  assert.doesNotMatch(`${policy}`, /script-src/);
});

play("what is no address of a document is not asked for", async (scene) => {
  answering(scene, json);
  const addresses = [
    "/documents/",
    "/documents/../cli/cluster.ts",
    "/documents/runs/..%2f..%2fetc%2fpasswd",
    "/documents/runs/%2e%2e/log.txt",
    "/documents/runs/a/figures/1.svg%00",
    "/documents/runs/%",
    "//documents/library",
    "/Documents/library",
  ];
  for (const address of addresses) {
    const { status } = await ask(scene.viewer, address, { headers: bearer });
    assert.equal(status, 404, address);
  }
  assert.deepEqual(scene.requests, []);
});

play("nobody gets a document without the token, or from another site", async (scene) => {
  answering(scene, json);
  const { viewer } = scene;
  assert.equal((await ask(viewer, documentAddress.library)).status, 401);
  const foreign = { ...bearer, origin: "https://elsewhere.example" };
  assert.equal((await ask(viewer, documentAddress.library, { headers: foreign })).status, 403);
  const rebound = { ...bearer, host: "elsewhere.example" };
  assert.equal((await ask(viewer, documentAddress.library, { headers: rebound })).status, 421);
  const posted = { headers: bearer, method: "POST" };
  assert.equal((await ask(viewer, documentAddress.library, posted)).status, 405);
  assert.deepEqual(scene.requests, []);
});

play("why a document cannot be had is told, and a fault of ours is not", async (scene) => {
  const { viewer, documents, errors } = scene;
  const get = () => ask(viewer, documentAddress.run("run-1"), { headers: bearer });
  const early = await get();
  assert.deepEqual([early.status, early.body], [
    503,
    "The laboratory is being opened; try again in a while.\n",
  ]);
  answering(scene, undefined);
  assert.equal((await get()).status, 404);
  documents.source = { open: () => Promise.reject(new DocumentUnavailableError("It is away.")) };
  const away = await get();
  assert.deepEqual([away.status, away.body, away.headers["cache-control"]], [
    503,
    "It is away.\n",
    "no-store",
  ]);
  assert.deepEqual(errors, []);
  documents.source = { open: () => Promise.reject(new TypeError("secret")) };
  const broken = await get();
  assert.equal(broken.status, 500);
  assert.doesNotMatch(broken.body, /secret/);
  assert.equal(errors.length, 1);
});
