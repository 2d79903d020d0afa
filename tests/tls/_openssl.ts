/**
 * `openssl s_server` and `openssl s_client`.
 *
 * @module
 */
import { hasOpenSsl } from "../_programs.ts";
import { type RunningProgram, startProgram } from "../_start_program.ts";
import { certFile, type CertificateName, keyFile } from "./_certificates.ts";

/** Whether OpenSSL 3 is installed. */
export const HAS_OPENSSL: boolean = hasOpenSsl();

/** The arguments for a certificate and its key. */
function own(name: CertificateName): string[] {
  return ["-cert", certFile(name), "-key", keyFile(name)];
}

/** Starts a server on a unix socket. */
export async function startUnixServer(
  name: CertificateName,
  path: string,
  ...args: string[]
): Promise<RunningProgram> {
  const flags = ["-unix", path, "-unlink", ...own(name), ...args];
  const program = startProgram("openssl", { args: ["s_server", ...flags] });
  await program.printed(/^ACCEPT/m);
  return program;
}

/** Starts a server with a certificate; `-rev` makes it reverse each line. */
export async function startServer(
  name: CertificateName,
  ...args: string[]
): Promise<RunningProgram & { port: number }> {
  const program = startProgram("openssl", {
    args: [
      ...["s_server", "-accept", "127.0.0.1:0", ...own(name)],
      ...["-CAfile", certFile("authority"), "-verify_return_error", ...args],
    ],
  });
  const [, port] = await program.printed(/^ACCEPT .*:(\d+)$/m);
  return Object.assign(program, { port: Number(port) });
}

/** Starts a client of a port or a unix socket, which sends its stdin. */
export function startClient(
  target: number | string,
  name?: CertificateName,
  ...args: string[]
): RunningProgram {
  const where = typeof target === "string"
    ? ["-unix", target]
    : ["-connect", `127.0.0.1:${target}`];
  return startProgram("openssl", {
    args: [
      ...["s_client", ...where],
      ...["-CAfile", certFile("authority"), "-verify_return_error"],
      ...(name === undefined ? [] : own(name)),
      ...args,
    ],
  });
}
