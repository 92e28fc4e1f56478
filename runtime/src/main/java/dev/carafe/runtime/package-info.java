package dev.carafe.runtime;
