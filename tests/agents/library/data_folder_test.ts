import assert from "node:assert/strict";
import { join } from "node:path";
import { readDataFile } from "../../../agents/library/data_folder.ts";
import { DataError } from "../../../learners/data/data_error.ts";

const folder = await Deno.makeTempDir({ prefix: "callosum-data-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));
await Deno.mkdir(join(folder, "data", "cora"), { recursive: true });
await Deno.writeTextFile(join(folder, "outside"), "secret");
await Deno.writeTextFile(join(folder, "data", "cora", "cora.cites"), "a b");
await Deno.writeTextFile(join(folder, "data", "images.gz"), "zipped");
const data = join(folder, "data");

Deno.test("a data file is found by its name, or by its name with .gz", async () => {
  const read = async (name: string) => new TextDecoder().decode(await readDataFile(data, name));
  assert.equal(await read("cora/cora.cites"), "a b");
  assert.equal(await read("images"), "zipped");
  assert.equal(await read("./images"), "zipped");
});

Deno.test("what cannot be read as a data file is refused by its name, with what to do", async () => {
  const refused: readonly (readonly [string | undefined, string, RegExp])[] = [
    [undefined, "images", /^images: found no data folder, expected .+--data.+CALLOSUM_DATA/],
    [data, "labels", /data\/labels: found no such file/],
    [data, "cora", /cora: found .+directory/i],
    [data, "../outside", /out of the data folder/],
    [data, "cora/../../outside", /out of the data folder/],
    [data, join(folder, "outside"), /out of the data folder/],
  ];
  for (const [from, name, message] of refused) {
    await assert.rejects(readDataFile(from, name), (error) => {
      assert.ok(error instanceof DataError, String(error));
      assert.match(error.message, message);
      return true;
    });
  }
});
