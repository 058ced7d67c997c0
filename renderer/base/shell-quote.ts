/**
 * One word for sh, bash and zsh. Inside single quotes nothing has a meaning but the quote itself;
 * control characters become spaces, because a terminal acts on them when they are pasted.
 */
export function shellQuoted(text: string): string {
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ');
  return `'${clean.replaceAll("'", `'\\''`)}'`;
}
