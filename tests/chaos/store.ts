/** What happens to a nats-server's store while the server is away: older, deleted, a bit flipped. */
import assert from "node:assert/strict";
import { cp, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { TestServer } from "../support/nats_server.ts";

/** Put the store aside as it is now, for `bringBack`; the server is away for a moment. */
export async function putAside(server: TestServer): Promise<void> {
  await server.stop();
  await cp(server.store, asideOf(server), { recursive: true });
  await server.restart();
}

/** The power fails, and what is found on the disk is what was there when it was put aside. */
export async function bringBack(server: TestServer): Promise<void> {
  await server.kill();
  await Deno.remove(server.store, { recursive: true });
  await Deno.rename(asideOf(server), server.store);
  await server.restart();
}

const asideOf = ({ folder }: TestServer) => join(folder, "aside");

/** The store is gone. */
export async function deleteStore(server: TestServer): Promise<void> {
  await server.kill();
  await Deno.remove(server.store, { recursive: true });
  await server.restart();
}

/**
 * Flip a bit behind the last place where `text` stands in the files of a stream. The server is away for a
 * moment.
 * @param offset behind the text's beginning, bytes
 */
export async function flipBit(
  server: TestServer,
  stream: string,
  text: string,
  offset: number,
): Promise<void> {
  await server.kill();
  const files = await readdir(server.store, { recursive: true, withFileTypes: true });
  const blocks = files
    .filter(({ name, parentPath }) => name.endsWith(".blk") && parentPath.includes(`/${stream}/`))
    .map(({ name, parentPath }) => join(parentPath, name));
  const flipped = await Promise.all(blocks.map((path) => flipBitIn(path, text, offset)));
  assert(flipped.includes(true), `"${text}" stands in none of the ${blocks.length} blocks`);
  await server.restart();
}

/** Whether the text was there. */
async function flipBitIn(path: string, text: string, offset: number): Promise<boolean> {
  const bytes = await Deno.readFile(path);
  // A character a byte.
  const place = new TextDecoder("latin1").decode(bytes).lastIndexOf(text);
  if (place < 0) return false;
  bytes[place + offset] ^= 1;
  await Deno.writeFile(path, bytes);
  return true;
}
