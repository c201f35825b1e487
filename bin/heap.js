// The flags in the first line of `runbook.js`, where a Node that it starts must have them as well.
module.exports = ["--max-semi-space-size=8", "--heap-growing-percent=50", "--initial-heap-size=48"];
