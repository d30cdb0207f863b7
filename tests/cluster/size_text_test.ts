/** Sizes for people. */
import assert from "node:assert/strict";
import { sizeText } from "../../cluster/size_text.ts";

Deno.test("a size is written in the unit in which it has one to four digits", () => {
  const sizes: readonly (readonly [number, string])[] = [
    [0, "0 bytes"],
    [1023, "1023 bytes"],
    [1024, "1.0 KiB"],
    [10 * 1024, "10 KiB"],
    [3.44 * 2 ** 20, "3.4 MiB"],
    [8 * 2 ** 30, "8.0 GiB"],
    [2 ** 40, "1.0 TiB"],
    [5000 * 2 ** 40, "5000 TiB"],
  ];
  for (const [bytes, text] of sizes) assert.equal(sizeText(bytes), text);
});
