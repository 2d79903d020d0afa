/** The interfaces with an IPv6 address; undefined where asking is not permitted. */
function interfaces(): { name: string; index: number }[] | undefined {
  const { state } = Deno.permissions.querySync({
    name: "sys",
    kind: "networkInterfaces",
  });
  if (state !== "granted") return undefined;
  return Deno.networkInterfaces()
    .filter(({ family }) => family === "IPv6")
    .map((one) => {
      const { scopeid } = one as { scopeid?: number | null };
      // Only link-local addresses have a scope; loopback is always the first.
      return {
        name: one.name,
        index: scopeid || Number(one.address === "::1"),
      };
    });
}

/** The name of an interface, if this program may know it. */
export function interfaceName(index: number): string | undefined {
  return interfaces()?.find((one) => one.index === index)?.name;
}

/** The index of an interface, if this program may know it. */
export function interfaceIndex(name: string): number | undefined {
  return interfaces()?.find((one) => one.name === name && one.index > 0)?.index;
}
