/* The command `hansa edi parse FILE`: prints what a file of EDI holds as JSON, without a server or a database.
 * Runs in the main thread and returns the exit status of the process. */
#ifndef HANSA_EXCHANGE_EDI_PARSE_H
#define HANSA_EXCHANGE_EDI_PARSE_H

/* Arguments: `parse FILE`, with or without the word `edi` before them; FILE `-` is the standard input.
 * Returns 0 when the file was read, 1 when it is refused (the document is printed all the same), 2 for wrong usage, a file
 * that cannot be read, or an answer that cannot be written. */
int hansa_exchange_edi_command(int argc, char **argv);

#endif
