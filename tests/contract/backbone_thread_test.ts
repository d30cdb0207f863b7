/** The backbone's contract through another thread, which has the memory. */
import { portBackbone } from "../../cluster/port_backbone.ts";
import { backboneContract } from "./backbone.ts";
import type { Join } from "./backbone_hub.ts";

backboneContract("backbone through another thread", async ({ onError, redeliverAfter }) => {
  const worker = new Worker(new URL("./backbone_hub.ts", import.meta.url), { type: "module" });
  const { port1, port2 } = new MessageChannel();
  const ready = new Promise((resolve, reject) => {
    worker.addEventListener("message", resolve, { once: true });
    worker.addEventListener("error", reject, { once: true });
  });
  worker.postMessage({ redeliverAfter } satisfies Join, [port2]);
  await ready;
  port1.start();
  return {
    near: portBackbone(worker, onError),
    far: portBackbone(port1, onError),
    damage(damage) {
      const damaged = new Promise<void>((resolve) => {
        worker.addEventListener("message", function hear({ data }: MessageEvent) {
          if (data.damaged !== damage) return;
          worker.removeEventListener("message", hear);
          resolve();
        });
      });
      worker.postMessage({ damage });
      return damaged;
    },
    close() {
      port1.close();
      worker.terminate();
    },
  };
});
