/** Addresses of documents: what is made is read again, and nothing else is. */
import assert from "node:assert/strict";
import { type DocumentRequest, readDocumentAddress } from "../../cluster/document_addresses.ts";
import { documentAddress } from "../../cluster/document_paths.ts";
import { documentLimits } from "../../cluster/documents.ts";

/** As a server reads an address. */
function read(address: string): DocumentRequest | undefined {
  const [path, query = ""] = address.split("?", 2);
  return readDocumentAddress(path, new URLSearchParams(query));
}

const run = "2026-11-24T06-55-12-dagnn-desk";

Deno.test("every address that is made is read as what it was made for", () => {
  const pairs: readonly (readonly [string, DocumentRequest])[] = [
    [documentAddress.library, { kind: "library" }],
    [documentAddress.runs, { kind: "runs" }],
    [documentAddress.run(run), { kind: "run", run }],
    [documentAddress.curves(run), { kind: "curves", run }],
    [
      documentAddress.curves(run, "error (m) & 50 %/√n"),
      { kind: "curves", run, metric: "error (m) & 50 %/√n" },
    ],
    [documentAddress.comparison([run, "b"]), { kind: "comparison", runs: [run, "b"] }],
    [
      documentAddress.comparison([run], {
        metric: "a,b",
        reference: { run, variant: "ε:clipped" },
      }),
      {
        kind: "comparison",
        runs: [run],
        metric: "a,b",
        reference: { run, variant: "ε:clipped" },
      },
    ],
    [
      documentAddress.figureSvg(run, 12, "dark"),
      { kind: "figure picture", run, number: 12, theme: "dark" },
    ],
    [documentAddress.figureCsv(run, 1), { kind: "figure data", run, number: 1 }],
    [documentAddress.tableCsv(run, 3), { kind: "table data", run, number: 3 }],
    [documentAddress.jobsCsv(run), { kind: "job data", run }],
    [documentAddress.curvesCsv(run), { kind: "curve data", run }],
    [
      documentAddress.checkpoint(run, "a/../ü?-s1"),
      { kind: "checkpoint", run, job: "a/../ü?-s1" },
    ],
    [documentAddress.log(run), { kind: "log", run }],
    [documentAddress.report(run), { kind: "report", run }],
  ];
  for (const [address, request] of pairs) assert.deepEqual(read(address), request, address);
});

Deno.test("a run is compared with itself once", () => {
  assert.deepEqual(read("/documents/compare?runs=a,b,a"), {
    kind: "comparison",
    runs: ["a", "b"],
  });
});

const hostile: readonly string[] = [
  "/documents",
  "/documents/",
  "/documents/nothing",
  "/documents/library/",
  "/documents/runs/",
  "/documents/runs/..",
  "/documents/runs/%2e%2e",
  "/documents/runs/..%2f..%2fetc%2fpasswd",
  "/documents/runs/../../etc/passwd",
  "/documents/runs/%00",
  "/documents/runs/%",
  "/documents/runs/%ff",
  "/documents/runs/a%2Fb",
  `/documents/runs/${"a".repeat(121)}`,
  "/documents/runs/<script>",
  "/documents/runs/a/config.json",
  "/documents/runs/a/figures",
  "/documents/runs/a/figures/0.svg",
  "/documents/runs/a/figures/01.svg",
  "/documents/runs/a/figures/1e3.svg",
  "/documents/runs/a/figures/99999.svg",
  "/documents/runs/a/figures/1.svg?theme=red",
  "/documents/runs/a/figures/1.html",
  "/documents/runs/a/figures/../1.svg",
  "/documents/runs/a/tables/1.svg",
  "/documents/runs/a/checkpoints",
  "/documents/runs/a/checkpoints/",
  `/documents/runs/a/checkpoints/${"a".repeat(documentLimits.name + 1)}`,
  "/documents/runs/a/checkpoints/b/c",
  "/documents/compare",
  "/documents/compare?runs=",
  "/documents/compare?runs=a,../b",
  `/documents/compare?runs=${Array.from({ length: 13 }, (_, i) => `r${i}`).join(",")}`,
];

for (const address of hostile) {
  Deno.test(`${address.slice(0, 60)} leads to nothing`, () => {
    assert.equal(read(address), undefined);
  });
}
