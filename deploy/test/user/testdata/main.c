#include <stdio.h>

extern char *Tokens(void);

int main(void) { return puts(Tokens()) < 0; }
