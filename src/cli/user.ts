import { homedir, userInfo } from "node:os";

/** The name of whoever runs us. In a container a number may have no name: $USER then, else the number. */
export function userName(env: NodeJS.ProcessEnv): string {
  try {
    return userInfo().username;
  } catch {
    return env["USER"] || String(process.getuid?.() ?? "unknown");
  }
}

/** Their home directory: $HOME, else what the system says; `/` for somebody without one. */
export function homeOf(env: NodeJS.ProcessEnv): string {
  try {
    return env["HOME"] || homedir();
  } catch {
    return "/";
  }
}
