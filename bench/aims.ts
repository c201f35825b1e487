import { middle, ratio, type Row } from "./table.ts";

type Aim = { readonly text: string; readonly is: number; readonly most: number };

/** What was aimed at, and whether one fleet's figures reach it; only what can be told from these rows. */
export function aims(rows: readonly Row[], hosts: number): string {
  const [ours, ansible, fabric] = ["runbook", "ansible", "fabric"].map((name) =>
    rows.filter((row) => row.rival === name),
  );
  const bare = rows.filter((row) => row.rival.startsWith("bare-"));
  const share = (text: string, of: readonly Row[] | undefined, what: "wall" | "cpu", most: number): Aim => ({
    text,
    is: middle(ours ?? [], what) / middle(of ?? [], what),
    most,
  });
  const all: readonly Aim[] = [
    share("wall of the better bare loop", bare, "wall", 1.3),
    share("CPU of the better bare loop", bare, "cpu", 2),
    share("wall of Fabric", fabric, "wall", 1),
    share("CPU of Fabric", fabric, "cpu", 1),
    share("wall of Ansible", ansible, "wall", 1 / 30),
    share("CPU of Ansible", ansible, "cpu", 1 / 30),
    {
      text: `150 MB that 200 hosts may take (here ${hosts})`,
      is: Math.max(...(ours ?? []).flatMap((row) => row.costs.map((cost) => cost.largest))) / 150e6,
      most: 1,
    },
  ];
  return all
    .filter((aim) => Number.isFinite(aim.is))
    .map(({ text, is, most }) => {
      const verdict = is <= most ? "reached" : "**missed**";
      return `- ${ratio(is, 1)} of the ${text}; aim: at most ${ratio(most, 1)}: ${verdict}\n`;
    })
    .join("");
}
