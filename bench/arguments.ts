import { parseArgs } from "node:util";

/** What a benchmark run measures. */
export type Plan = {
  readonly hosts: readonly number[];
  /** Round trips in ms; 0 means no relay. */
  readonly delays: readonly number[];
  readonly rivals: readonly string[];
  /** Rounds of one rival. */
  readonly rounds: (rival: string) => number;
  /** Whether a rival is sent to that many hosts. */
  readonly takes: (rival: string, hosts: number) => boolean;
  /** One more, untimed round that looks at the memory of whole trees. */
  readonly memory: boolean;
  /** Starts of the command that are timed; 0: none. */
  readonly startup: number;
};

/** Slow rivals get one round and no large fleet: at 200 hosts they would take minutes and say nothing new. */
const ROUNDS = "ansible=1,pdsh=2,pssh=2";
const LARGEST = "ansible=50,pdsh=50,pssh=50";

const USAGE = `node bench/run.ts   (as root; needs openssh-server, ansible-core, fabric, pdsh, pssh and a built bin/runbook.js)

    --hosts 10,50,200     sizes of the fleet
    --delay 0,20          round trips in ms
    --rivals A,B,…        of: NAMES
    --rounds 5            rounds of each, interleaved;   --rounds-of ${ROUNDS}
    --largest ${LARGEST}   hosts beyond which a rival is left out
    --memory              one more round that measures the memory of whole process trees
    --startup 15          starts of \`runbook --help\` against \`node -e 0\`
`;

/** Reads the arguments; null when they only asked for help, which is then printed. Throws a plain sentence on a mistake. */
export function readArguments(argv: readonly string[], names: readonly string[]): Plan | null {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      help: { type: "boolean", short: "h", default: false },
      hosts: { type: "string", default: "10,50,200" },
      delay: { type: "string", default: "0,20" },
      rivals: { type: "string", default: names.join(",") },
      rounds: { type: "string", default: "5" },
      "rounds-of": { type: "string", default: ROUNDS },
      largest: { type: "string", default: LARGEST },
      memory: { type: "boolean", default: false },
      startup: { type: "string", default: "15" },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE.replace("NAMES", names.join(", ")));
    return null;
  }
  const rivals = values.rivals.split(",").filter((name) => name !== "");
  const unknown = rivals.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`no rival is called ${unknown}; there are ${names.join(", ")}`);
  const [rounds, largest] = [pairs(values["rounds-of"]), pairs(values.largest)];
  const usual = whole(values.rounds);
  return {
    hosts: values.hosts.split(",").map(whole),
    delays: values.delay.split(",").map(whole),
    rivals,
    rounds: (rival) => Math.min(usual, rounds.get(rival) ?? usual),
    takes: (rival, hosts) => hosts <= (largest.get(rival) ?? Infinity),
    memory: values.memory,
    startup: whole(values.startup),
  };
}

function pairs(text: string): ReadonlyMap<string, number> {
  const entries = text.split(",").filter((entry) => entry !== "");
  return new Map(entries.map((entry) => [entry.split("=")[0] ?? "", whole(entry.split("=")[1] ?? "")]));
}

function whole(text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`expected a whole number, not ${JSON.stringify(text)}`);
  return Number(text);
}
