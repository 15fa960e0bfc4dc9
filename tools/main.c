// SPDX-License-Identifier: GPL-2.0
#include "natctl.h"

int main(int argc, char **argv)
{
	return natctl(argc, argv);
}
