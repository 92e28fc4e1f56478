package dev.carafe.bench;
