/**
 * Python's `ssl` module, as a server and as a client.
 *
 * @module
 */
import { hasProgram } from "../_programs.ts";
import { type RunningProgram, startProgram } from "../_start_program.ts";
import { certFile, keyFile } from "./_certificates.ts";

/** Whether Python is installed. */
export const HAS_PYTHON: boolean = hasProgram("python3");

/** Ends that lack close_notify are errors; each line says what the session is. */
const BOTH = `
import socket, ssl, sys
host, port, cert, key, ca = sys.argv[1:]
family = socket.AF_INET6 if ":" in host else socket.AF_INET
def tell(tls):
    subject = dict(pair for entry in tls.getpeercert()["subject"] for pair in entry)
    print(tls.version(), tls.selected_alpn_protocol(), subject["commonName"], flush=True)
`;

/** Serves twice on one port, which SO_REUSEADDR permits, and echoes in upper case. */
const SERVER = `${BOTH}
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)
context.load_verify_locations(ca)
context.verify_mode = ssl.CERT_REQUIRED
context.set_alpn_protocols(["upper", "lower"])
port = int(port)
for attempt in range(2):
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
        port = listener.getsockname()[1]
        print("port", port, flush=True)
        plain, _ = listener.accept()
    with context.wrap_socket(plain, server_side=True, suppress_ragged_eofs=False) as tls:
        tell(tls)
        while data := tls.recv(65536):
            tls.sendall(data.upper())
        tls.unwrap().close()
print("done", flush=True)
`;

/** Sends its arguments' worth of bytes, and prints what comes back until close_notify. */
const CLIENT = `${BOTH}
context = ssl.create_default_context(cafile=ca)
context.load_cert_chain(cert, key)
context.set_alpn_protocols(["upper"])
plain = socket.socket(family)
plain.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
plain.bind((host, 0))
plain.connect((host, int(port)))
with context.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False) as tls:
    tell(tls)
    tls.sendall(b"x" * 300000 + b"\\n")
    count = 0
    while data := tls.recv(65536):
        count += len(data)
        last = data[-1:]
    print("end", count, last, flush=True)
    tls.unwrap().close()
print("done", flush=True)
`;

function start(
  script: string,
  host: string,
  port: number,
  certificate: "server" | "client",
): RunningProgram {
  const files = [certFile(certificate), keyFile(certificate)];
  const args = [host, String(port), ...files, certFile("authority")];
  return startProgram("python3", { args: ["-c", script, ...args] });
}

/** Starts a server that serves two connections, one after the other, on one port. */
export function startPythonServer(host: string): RunningProgram {
  return start(SERVER, host, 0, "server");
}

/** Starts a client that sends 300,001 bytes and reads to the end. */
export function startPythonClient(host: string, port: number): RunningProgram {
  return start(CLIENT, host, port, "client");
}
