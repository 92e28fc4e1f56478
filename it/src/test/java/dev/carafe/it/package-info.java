/** Black-box tests, named after behaviour, and what they share. */
@NullMarked
package dev.carafe.it;

import org.jspecify.annotations.NullMarked;
