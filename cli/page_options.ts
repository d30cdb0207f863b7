/** The flags of a page: where it is, under which names, and who may get in. */
import type { Command } from "commander";
import { integerFrom, pathFromUser } from "./options.ts";

/** Where a page is to be. */
export interface PageOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** The interface. */
  readonly host: string;
  /** Further names of the machine, or of a proxy. */
  readonly hostNames: readonly string[];
  /** The file that keeps the tokens, where there is one. */
  readonly tokenFile?: string;
}

/** The flags as commander gives them. */
export interface PageFlags {
  port: number;
  host: string;
  hostName?: string[];
  pageToken?: string;
}

/** The flags by the names of their attributes. */
export const pageFlagNames: readonly string[] = ["port", "host", "hostName", "pageToken"];

const highestPort = 65_535;

/** Add the flags to `command`. */
export function addPageOptions(command: Command): Command {
  return command
    .option("--port <n>", "port of the page; 0 takes a free one", integerFrom(0, highestPort), 8420)
    .option(
      "--host <address>",
      "interface of the page, such as 0.0.0.0 for all; other machines need a token, which is printed",
      "127.0.0.1",
    )
    .option(
      "--host-name <name...>",
      "further names of the page's machine, or of a proxy before it, such as lab.example:443",
    )
    .option(
      "--page-token <file>",
      "where the page's tokens are kept, made if it is not there (default: new ones each time)",
      pathFromUser,
    );
}

/** What the flags ask for. */
export function pageOptions({ port, host, hostName = [], pageToken }: PageFlags): PageOptions {
  return { port, host, hostNames: hostName, tokenFile: pageToken };
}
