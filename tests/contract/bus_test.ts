/** The bus's contract, within one thread, over a message channel, and through another thread. */
import { inProcessBus } from "../../cluster/in_process.ts";
import { attachPort, portBus } from "../../cluster/port_bus.ts";
import { busContract } from "./bus.ts";

busContract("bus in one thread", (onError) => {
  const bus = inProcessBus(onError);
  return { near: bus, far: bus, close() {} };
});

busContract("bus over a message channel", (onError) => {
  const { port1, port2 } = new MessageChannel();
  const near = inProcessBus(onError);
  const detach = attachPort(near, port1);
  const far = portBus(port2, onError);
  port1.start();
  port2.start();
  return {
    near,
    far,
    close() {
      detach();
      port1.close();
      port2.close();
    },
  };
});

busContract("bus through another thread", async (onError) => {
  const worker = new Worker(new URL("./bus_hub.ts", import.meta.url), { type: "module" });
  const { port1, port2 } = new MessageChannel();
  const ready = new Promise((resolve, reject) => {
    worker.addEventListener("message", resolve, { once: true });
    worker.addEventListener("error", reject, { once: true });
  });
  worker.postMessage({ kind: "join" }, [port2]);
  await ready;
  port1.start();
  return {
    near: portBus(worker, onError),
    far: portBus(port1, onError),
    close() {
      port1.close();
      worker.terminate();
    },
  };
});
