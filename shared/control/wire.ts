/** The trailer that holds the problem which ended an answer of bytes, as JSON in base64. */
export const problemTrailer = 'x-godwit-problem';

/** Longest request or answer: the document of a tenant of some ten thousand resources. */
export const longestBytes = 64 * 1024 * 1024;
