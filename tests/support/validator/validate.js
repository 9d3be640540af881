// Reads a GLB from standard input and writes the report of the Khronos validator as JSON.
const { readFileSync } = require("node:fs");
const validator = require("gltf-validator");

// With a limit on issues the report can lack its "info" part; 0 means no limit.
const options = { maxIssues: 0, writeTimestamp: false };

validator.validateBytes(new Uint8Array(readFileSync(0)), options).then(
  (report) => process.stdout.write(JSON.stringify(report)),
  (error) => {
    process.stderr.write(String(error));
    process.exitCode = 1;
  },
);
