/** Says whether there is a WebGPU adapter; a program, since asking for one loads the drivers. */
const adapter = await navigator.gpu?.requestAdapter();
console.log(adapter ? "present" : "absent");
