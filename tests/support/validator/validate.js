// Reads GLBs from standard input, each behind its length (uint32, little-endian), and writes the
// reports of the Khronos validator as a JSON list.
const { readFileSync } = require("node:fs");
const validator = require("gltf-validator");

// With a limit on issues the report can lack its "info" part; 0 means no limit.
const options = { maxIssues: 0, writeTimestamp: false };

async function main() {
  const input = readFileSync(0);
  const reports = [];
  for (let at = 0; at < input.length; ) {
    const end = at + 4 + input.readUInt32LE(at);
    reports.push(await validator.validateBytes(new Uint8Array(input.subarray(at + 4, end)), options));
    at = end;
  }
  process.stdout.write(JSON.stringify(reports));
}

main().catch((error) => {
  process.stderr.write(String(error));
  process.exitCode = 1;
});
