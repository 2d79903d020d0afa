/** The certificates of a text in PEM. */
export function splitPem(text: string): string[] {
  const block = /-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g;
  return text.match(block) ?? [];
}
