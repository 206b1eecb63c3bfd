/*
 * threads.c - the loop over jobs. This build has one thread, so it is a plain loop.
 */
#include "ink_base.h"

void ink_parallel_for(size_t count, ink_job *job, void *context)
{
  for (size_t i = 0; i < count; i++)
    job(context, i);
}
