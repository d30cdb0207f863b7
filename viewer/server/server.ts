/**
 * The viewer of one run: its page over http, and its events and frames over one WebSocket a page.
 *
 * It knows the bus and nothing else of the run.
 */
import type { Bus } from "../../cluster/bus.ts";
import { protocolVersion } from "../../cluster/protocol.ts";
import type { RecordingSource } from "../../cluster/trial_recording.ts";
import type { ScriptSource } from "./bundle.ts";
import { runPage } from "./pages.ts";
import { RunRoom } from "./run_room.ts";
import { openSite, type RoomReports, type SiteAddress, type Viewer } from "./site.ts";

export type { ScriptSource } from "./bundle.ts";
export { PortInUseError, type Viewer } from "./site.ts";

/** What `startViewer` needs. */
export interface ViewerOptions extends SiteAddress, RoomReports {
  readonly bus: Bus;
  /** The run that is shown. Start the viewer before the run sends its description. */
  readonly run: string;
  /**
   * The script of an agent that does the run's trials in the page itself, if there is one. It needs the
   * run's configuration, which comes by the bus as its weights do (`cluster/in_page.ts`).
   */
  readonly worker?: ScriptSource;
  /** What is kept of the motion that the run shows, where something is. */
  readonly recording?: RecordingSource;
}

/**
 * Start to serve the page of one run. Resolves as soon as the port is open; the page's script is
 * bundled meanwhile.
 *
 * @throws {PortInUseError} when the port is taken
 * @throws {RangeError} see `openSite`
 */
export async function startViewer(options: ViewerOptions): Promise<Viewer> {
  const { run } = options;
  const room = new RunRoom(options);
  try {
    return await openSite({
      ...options,
      pages: { "/": runPage },
      scripts: ["main"],
      room: (query) => query.size === 0 ? room : undefined,
      health: () => ({ run, protocol: protocolVersion, pages: room.size }),
      dismiss: () => room.close(),
    });
  } catch (error) {
    await room.close();
    throw error;
  }
}
