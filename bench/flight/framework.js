// Serves invocations of the CDK's own framework functions: a line of JSON in, a line of JSON out.
//
// framework.js and all that it needs run as the CDK deploys them, but for outbound.js, the file by
// which they reach AWS: its three functions ask the other end of the line, each for its invocation.
"use strict";

const { AsyncLocalStorage } = require("async_hooks");
const fs = require("fs");
const path = require("path");
const readline = require("readline");

const runtime = fs.realpathSync(process.argv[2]);
const invocation = new AsyncLocalStorage();
const asked = new Map();

function say(line) {
  process.stdout.write(JSON.stringify(line) + "\n");
}

function ask(call) {
  return (...given) =>
    new Promise((resolve, reject) => {
      const id = invocation.getStore();
      asked.set(id, { resolve, reject });
      say({ id, call, given });
    });
}

const outbound = path.join(runtime, "outbound.js");
require.cache[outbound] = {
  id: outbound,
  filename: outbound,
  loaded: true,
  exports: {
    httpRequest: ask("httpRequest"),
    invokeFunction: ask("invokeFunction"),
    startExecution: ask("startExecution"),
  },
};
const framework = require(path.join(runtime, "framework.js"));
console.log = () => {};

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, handler, event, answer } = JSON.parse(line);
  if (handler === undefined) {
    const { resolve } = asked.get(id);
    asked.delete(id);
    resolve(answer);
    return;
  }
  invocation.run(id, () =>
    framework[handler](event).then(
      () => say({ id, done: true }),
      ({ name, message }) =>
        say({ id, done: true, error: { errorType: name, errorMessage: message } }),
    ),
  );
});
