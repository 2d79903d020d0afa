/**
 * The small world in which libc was asked, and in which the resolver is tested
 * with the system's own files: begun by `unshare --mount --net`.
 *
 * @module
 */

/** Runs a program to its end; returns what it printed. */
export function run(command: string, ...args: string[]): string {
  const { success, stdout, stderr } = new Deno.Command(command, { args })
    .outputSync();
  if (!success) {
    throw new Error(
      `${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`,
    );
  }
  return new TextDecoder().decode(stdout);
}

function replaceFile(path: string, text: string): void {
  const own = Deno.makeTempFileSync();
  Deno.writeTextFileSync(own, text);
  run("mount", "--bind", own, path);
  Deno.removeSync(own); // the mount keeps what is in it
}

/** Gives the namespaces that this program was started in an address of each family, and files of their own. */
export function enterNamespace(): void {
  const links = run("ip", "-o", "link").trim().split("\n");
  if (links.length !== 1) {
    throw new Error("not in a network namespace of its own");
  }
  run("ip", "link", "set", "lo", "up");
  run("ip", "link", "add", "pair0", "type", "veth", "peer", "name", "pair1");
  run("ip", "address", "add", "198.51.100.10/24", "dev", "pair0");
  run("ip", "address", "add", "2001:db8:1::10/64", "dev", "pair0", "nodad");
  run("ip", "link", "set", "pair0", "up");
  run("ip", "link", "set", "pair1", "up");
  run("ip", "route", "add", "default", "via", "198.51.100.1");
  run("ip", "route", "add", "default", "via", "2001:db8:1::1");
  replaceFile("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n");
  replaceFile(
    "/etc/nsswitch.conf",
    "hosts: files dns\nservices: files\nprotocols: files\n",
  );
  replaceFile(
    "/etc/resolv.conf",
    "nameserver 127.0.0.1\nsearch example.test\noptions timeout:1 attempts:1\n",
  );
}
