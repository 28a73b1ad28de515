/* A library that loads and does nothing: stands for libnvcuvid.so.1, or needs the libraries it is linked with. */
int envdoctor_stand_in(void) { return 0; }
