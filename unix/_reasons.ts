import { isAbstract } from "./_path.ts";

const OF_CONNECT: Readonly<Record<string, string>> = {
  ENOENT: "there is no such socket; start the server first",
  ECONNREFUSED: "the path exists, but no program listens on it",
  EACCES:
    "permission denied; it needs write permission for the socket, and search permission for its folders",
  EPROTOTYPE: "the socket is of another type, such as one for datagrams",
};

const OF_LISTEN: Readonly<Record<string, string>> = {
  ENOENT: "the folder does not exist; create it first",
  EACCES: "permission denied; it needs write permission for the folder",
  EADDRINUSE:
    "the path is taken; if the program that listened on it has ended, pass replaceStale: true",
};

/** Returns why a connect fails, and what to do, if that is more than C's text. */
export function connectReason(path: string, code: string): string | undefined {
  if (!isAbstract(path)) return OF_CONNECT[code];
  return code === "ECONNREFUSED" ? "no program listens on the name" : undefined;
}

/** Returns why a bind fails, and what to do, if that is more than C's text. */
export function listenReason(path: string, code: string): string | undefined {
  if (!isAbstract(path)) return OF_LISTEN[code];
  return code === "EADDRINUSE" ? "another socket has the name" : undefined;
}
