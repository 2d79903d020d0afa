/**
 * Whether a DNS name of a certificate stands for a host (RFC 9525, section 6.3):
 * a wildcard is all of the first label, and stands for one label, above at least two.
 */
export function matchesHostName(pattern: string, host: string): boolean {
  const wanted = labelsOf(host);
  const labels = labelsOf(pattern);
  if (labels.length !== wanted.length || labels.includes("")) return false;
  if (labels[0] === "*") {
    if (labels.length < 3) return false;
    labels.shift();
    wanted.shift();
  }
  return labels.every((label, i) => label === wanted[i]);
}

function labelsOf(name: string): string[] {
  return name.toLowerCase().replace(/\.$/, "").split(".");
}
