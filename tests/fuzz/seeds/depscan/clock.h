#define ) && __TIME__
#define WHEN __DATE__
__ ## TIME ## __ __has_ ## x
#define I include
