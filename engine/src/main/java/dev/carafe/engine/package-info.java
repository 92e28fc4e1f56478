package dev.carafe.engine;
